namespace Scout.Server.Configuration;

/// <summary>A value as somebody gave it: a text, a list or a map, with the place it stands at.</summary>
/// <param name="Origin">For <c>server check</c>: <c>--node</c>, <c>SCOUT_NODE</c>, <c>server.yaml:7</c>.</param>
/// <param name="Place">What stands in front of a finding: <c>--http</c> or <c>server.yaml:7:3</c>.</param>
/// <param name="Folder">What relative paths are relative to.</param>
internal abstract record SettingNode(string Origin, string Place, string Folder);

/// <summary>One text.</summary>
internal sealed record SettingText(string Text, string Origin, string Place, string Folder) : SettingNode(Origin, Place, Folder);

/// <summary>A list.</summary>
internal sealed record SettingList(IReadOnlyList<SettingNode> Items, string Origin, string Place, string Folder) : SettingNode(Origin, Place, Folder);

/// <summary>A map, keys in order of the file.</summary>
internal sealed record SettingMap(IReadOnlyList<SettingEntry> Entries, string Origin, string Place, string Folder) : SettingNode(Origin, Place, Folder)
{
    public SettingNode? Find(string key)
    {
        foreach (SettingEntry entry in Entries)
        {
            if (entry.Key == key) return entry.Value;
        }

        return null;
    }
}

/// <param name="Place">Of the key.</param>
internal sealed record SettingEntry(string Key, string Place, SettingNode Value);
