namespace Scout.Server.Configuration;

/// <summary>Something wrong with the configuration, in the form of machines.md 1.2.</summary>
/// <param name="Place"><c>server.yaml:7:3</c>, or the flag or variable.</param>
/// <param name="Kind">Stable word: <c>unknown_key</c>, <c>bad_value</c>, ...</param>
/// <param name="Hint">How to mend it; empty when there is nothing to add.</param>
public sealed record SettingFinding(string Place, string Kind, string Message, string Hint)
{
    /// <summary>One line, and the hint indented below it.</summary>
    public override string ToString() => $"{Place}: error {Kind}: {Message}" + (Hint.Length == 0 ? "" : $"\n    hint: {Hint}");
}

/// <summary>A value that is in force, for <c>scout server check</c>.</summary>
/// <param name="Key"><c>broker.urls</c>.</param>
/// <param name="Value">As text.</param>
/// <param name="Origin">Flag, variable, <c>file:line</c> or <c>default</c>.</param>
public sealed record SettingRow(string Key, string Value, string Origin);
