namespace Scout.Machines.Definitions;

/// <summary>What reading a definition needs from the room that runs plugins; the server fills it (design.md section 1).</summary>
public interface IDefinitionSyntax
{
    /// <summary>Splits a command text into words (plugins.md section 1); templates stay inside their word.</summary>
    /// <param name="text">The command as written.</param>
    /// <param name="words">The words, at least one, when it succeeds.</param>
    /// <param name="error">What is wrong and at which column of the text (1-based), when it fails.</param>
    bool TrySplitCommand(string text, out IReadOnlyList<string> words, out SyntaxError error);

    /// <summary>Reads what a plugin printed: the answer of a scenario goes the way of real output (plugins.md sections 4 and 5).</summary>
    Runs.RunOutput ReadOutput(string stdout);

    /// <summary>The unquoted words that a shell would have treated as operators, for lint (<c>shell_syntax</c>).</summary>
    IReadOnlyList<string> ShellOperators(string text);

    /// <summary>The subjects that the node looks at itself and that are built: <c>tcp</c>, <c>http</c> ...; all others are refused with <c>not_built</c>.</summary>
    IReadOnlyList<string> ProbeKinds { get; }

    /// <summary>Reads the options of such a subject. Never throws; all findings at once.</summary>
    /// <param name="kind">One of <see cref="ProbeKinds"/>.</param>
    /// <param name="options">What stands behind the word.</param>
    /// <param name="timeout">Of the check.</param>
    /// <param name="folder">Of the definition: the base of relative paths.</param>
    /// <param name="findings">Gets what is wrong.</param>
    /// <returns>Null after an error.</returns>
    ProbeSubject? ReadProbe(string kind, Yaml.YamlNode options, TimeSpan timeout, string folder, ICollection<ProbeFinding> findings);
}

/// <summary>Something wrong with an option of a probe.</summary>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based.</param>
/// <param name="Kind">One of <see cref="FindingKind"/>.</param>
/// <param name="Message">What is wrong, one line.</param>
/// <param name="Hint">How to mend it, one line.</param>
public sealed record ProbeFinding(int Line, int Column, string Kind, string Message, string Hint);

/// <summary>An error inside a text.</summary>
/// <param name="Column">1-based, in characters of the text.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Hint">How to mend it; empty when there is nothing to add.</param>
public readonly record struct SyntaxError(int Column, string Message, string Hint);
