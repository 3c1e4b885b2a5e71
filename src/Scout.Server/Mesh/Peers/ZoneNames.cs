using Scout.Protocol;

namespace Scout.Server.Mesh.Peers;

/// <summary>One text for each zone, however many nodes name it. One thread at a time.</summary>
internal sealed class ZoneNames
{
    private const int Most = 1024;

    private readonly Dictionary<string, string> known = new(StringComparer.Ordinal);

    /// <summary>The same text, kept once; empty for what is no name.</summary>
    public string Of(string? zone)
    {
        if (zone is null || !Names.IsNode(zone)) return "";
        if (known.TryGetValue(zone, out string? one)) return one;
        if (known.Count < Most) known[zone] = zone;
        return zone;
    }
}
