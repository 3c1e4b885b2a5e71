namespace Scout.Checks.Probes.Options;

/// <summary>What the value of an option looks like: for command lines and completion.</summary>
public enum OptionForm
{
    /// <summary>One text.</summary>
    Text,
    /// <summary><c>true</c> or <c>false</c>; on a command line the name alone is true.</summary>
    Flag,
    /// <summary>A list of texts; on a command line several values.</summary>
    List,
    /// <summary>Texts by key; on a command line several <c>key=value</c>.</summary>
    Map,
    /// <summary>Further options by name; on a command line <c>--answers min=1</c>, <c>--phases connect.warning=50ms</c>.</summary>
    Group,
}

/// <summary>One option of a kind, for reading, help, completion and documentation.</summary>
/// <param name="Name">The key: <c>max_bytes</c>.</param>
/// <param name="Form">What its value looks like.</param>
/// <param name="Placeholder">For help: <c>DURATION</c>, <c>N</c>, <c>REGEX</c>; empty for a flag.</param>
/// <param name="Default">As written; empty when there is none.</param>
/// <param name="Help">One sentence without a full stop.</param>
public sealed record OptionInfo(string Name, OptionForm Form, string Placeholder, string Default, string Help)
{
    /// <summary>The only values allowed; empty when any may come.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The options inside a <see cref="OptionForm.Group"/>.</summary>
    public IReadOnlyList<OptionInfo> Members { get; init; } = [];

    /// <summary>Without it there is no probe.</summary>
    public bool Required { get; init; }
}
