namespace Scout.Machines.Definitions.Yaml;

/// <summary>A piece of a file and where it stands. An alias is the node it names, at the place of the anchor.</summary>
/// <param name="line">1-based.</param>
/// <param name="column">1-based.</param>
public abstract class YamlNode(int line, int column)
{
    public int Line => line;

    public int Column => column;

    /// <summary>Nodes in it, itself included, aliases counted each time.</summary>
    public int Size { get; set; } = 1;

    /// <summary>Levels below it.</summary>
    public int Height { get; set; }

    /// <summary>For messages: <c>a text</c>, <c>a list</c>, <c>a mapping</c>.</summary>
    public abstract string Kind { get; }
}

/// <summary>A scalar is its text (machines.md 1.1).</summary>
public sealed class YamlScalar(int line, int column, string text, bool isPlain) : YamlNode(line, column)
{
    public string Text => text;

    /// <summary>Nothing at all stands there, not even quotes.</summary>
    public bool IsMissing => isPlain && text.Length == 0;

    public override string Kind => IsMissing ? "nothing" : "a text";
}

public sealed class YamlList(int line, int column) : YamlNode(line, column)
{
    public List<YamlNode> Items { get; } = [];

    public override string Kind => "a list";
}

public sealed class YamlMap(int line, int column) : YamlNode(line, column)
{
    public List<KeyValuePair<YamlScalar, YamlNode>> Entries { get; } = [];

    public override string Kind => "a mapping";

    /// <summary>The value of a key, or null.</summary>
    public YamlNode? Find(string key)
    {
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in Entries)
        {
            if (entry.Key.Text == key) return entry.Value;
        }

        return null;
    }

    /// <summary>The key itself, for its place, or null.</summary>
    public YamlScalar? FindKey(string key)
    {
        foreach (KeyValuePair<YamlScalar, YamlNode> entry in Entries)
        {
            if (entry.Key.Text == key) return entry.Key;
        }

        return null;
    }
}
