using System.Globalization;

namespace Scout.Machines.Definitions;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    Note,
    Warning,
    /// <summary>Stops the file.</summary>
    Error,
}

/// <summary>Something about a file that somebody should know (machines.md 1.2).</summary>
/// <param name="File">As it was named when the file was read.</param>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based, in characters.</param>
/// <param name="Severity">Only an error stops the file.</param>
/// <param name="Kind">One of <see cref="FindingKind"/>.</param>
/// <param name="Message">What is wrong, one line.</param>
/// <param name="Hint">How to mend it, one line; empty when there is nothing to add.</param>
public sealed record Finding(string File, int Line, int Column, Severity Severity, string Kind, string Message, string Hint)
{
    /// <summary>The first line: <c>file:line:column: severity kind: message</c>.</summary>
    public string Headline =>
        string.Create(CultureInfo.InvariantCulture, $"{Show.Escape(File)}:{Line}:{Column}: {SeverityName(Severity)} {Kind}: {Message}");

    /// <summary>A file that cannot be opened; the hint is what the system said.</summary>
    public static Finding Unreadable(string file, string reason) =>
        new(file, 1, 1, Severity.Error, FindingKind.Unreadable, "the file cannot be read", Show.Escape(reason));

    /// <summary>A file, or its folder, that others may write.</summary>
    /// <param name="file">The definition.</param>
    /// <param name="writable">What others may write: the file or its folder.</param>
    public static Finding UnsafePermissions(string file, string writable) => UnsafePermissions(file, $"{Show.Quote(writable)} is writable by others", $"chmod o-w {writable}");

    /// <summary>A file that is not believed because of whose it or its folder is, or of who may write them.</summary>
    /// <param name="file">The definition.</param>
    /// <param name="message">Which path, and what is wrong with it.</param>
    /// <param name="hint">How to mend it.</param>
    public static Finding UnsafePermissions(string file, string message, string hint) =>
        new(file, 1, 1, Severity.Error, FindingKind.UnsafePermissions, Show.Escape(message), Show.Escape(hint));

    /// <summary><c>error</c>, <c>warning</c> or <c>note</c>.</summary>
    public static string SeverityName(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "note",
    };

    /// <summary>The headline, and the hint indented below it.</summary>
    public override string ToString() => Hint.Length == 0 ? Headline : $"{Headline}\n    hint: {Hint}";
}
