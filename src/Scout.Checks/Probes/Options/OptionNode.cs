namespace Scout.Checks.Probes.Options;

/// <summary>
/// Options as a neutral tree with places, so that a definition file, the command line and tests feed the same strict reader.
/// </summary>
/// <param name="Line">1-based.</param>
/// <param name="Column">1-based.</param>
public abstract record OptionNode(int Line, int Column)
{
    /// <summary>For messages: <c>a text</c>, <c>a list</c>, <c>a mapping</c>.</summary>
    public abstract string Shape { get; }
}

/// <summary>A scalar is its text.</summary>
/// <param name="Value">The text.</param>
/// <param name="Quoted">False with an empty text: nothing stands there at all.</param>
public sealed record OptionText(string Value, bool Quoted, int Line, int Column) : OptionNode(Line, Column)
{
    public bool IsMissing => !Quoted && Value.Length == 0;

    public override string Shape => IsMissing ? "nothing" : "a text";
}

public sealed record OptionList(IReadOnlyList<OptionNode> Items, int Line, int Column) : OptionNode(Line, Column)
{
    public override string Shape => "a list";
}

public sealed record OptionMap(IReadOnlyList<OptionEntry> Entries, int Line, int Column) : OptionNode(Line, Column)
{
    public override string Shape => "a mapping";

    /// <summary>The entry of a key, or null.</summary>
    public OptionEntry? Find(string key)
    {
        foreach (OptionEntry entry in Entries)
        {
            if (entry.Key == key) return entry;
        }

        return null;
    }
}

/// <summary>A key, where it stands, and its value.</summary>
public readonly record struct OptionEntry(string Key, int Line, int Column, OptionNode Value);
