using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Scout.Machines.Definitions;
using Scout.Protocol;
using Scout.Protocol.Mesh;

namespace Scout.Server.Configuration;

/// <summary>A list of <c>{ name, address, zone, port }</c>, in the configuration or in a file of its own. Strict; all findings at once.</summary>
internal static class PeerEntries
{
    public const int Most = 10_000;

    private static readonly string[] Keys = ["name", "address", "zone", "port"];

    public static ImmutableArray<PeerEntry> Read(SettingNode node, List<SettingFinding> findings)
    {
        if (node is not SettingList list)
        {
            findings.Add(new SettingFinding(node.Place, FindingKind.WrongType, $"peers are a list, not a {SettingReader.Word(node)}", "- { name: web2, address: 10.0.0.2, zone: a }"));
            return [];
        }

        if (list.Items.Count > Most) findings.Add(new SettingFinding(list.Place, FindingKind.OutOfRange, $"{list.Items.Count} peers", $"at most {Most}"));
        ImmutableArray<PeerEntry>.Builder peers = ImmutableArray.CreateBuilder<PeerEntry>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (SettingNode item in list.Items)
        {
            if (One(item, findings) is not { } peer) continue;
            if (names.Add(peer.Name)) peers.Add(peer);
            else findings.Add(new SettingFinding(item.Place, FindingKind.BadValue, $"peer '{peer.Name}' is there twice", "one entry a node"));
        }

        return peers.ToImmutable();
    }

    private static PeerEntry? One(SettingNode item, List<SettingFinding> findings)
    {
        if (item is not SettingMap map)
        {
            findings.Add(new SettingFinding(item.Place, FindingKind.WrongType, $"a peer is a map, not a {SettingReader.Word(item)}", "- { name: web2, address: 10.0.0.2, zone: a }"));
            return null;
        }

        int before = findings.Count;
        foreach (SettingEntry entry in map.Entries)
        {
            if (!Keys.Contains(entry.Key)) findings.Add(new SettingFinding(entry.Place, FindingKind.UnknownKey, $"'{Show.Escape(entry.Key)}' is not a key of a peer", "the keys are " + string.Join(", ", Keys)));
        }

        string name = Text(map, "name", findings) ?? "";
        if (!Names.IsNode(name)) findings.Add(new SettingFinding((map.Find("name") ?? map).Place, "bad_name", $"'{Show.Escape(name)}' is not a node name", "1 to 63 of a-z, 0-9, _ and -, beginning with a letter or digit"));
        string zone = Text(map, "zone", findings) ?? "";
        if (zone.Length > 0 && !Names.IsNode(zone)) findings.Add(new SettingFinding(map.Find("zone")!.Place, "bad_name", $"'{Show.Escape(zone)}' is no name of a zone", "1 to 63 of a-z, 0-9, _ and -"));
        int port = MeshOptions.DefaultPort;
        if (Text(map, "port", findings) is { } text && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
        {
            findings.Add(new SettingFinding(map.Find("port")!.Place, FindingKind.OutOfRange, $"'{Show.Escape(text)}' is no port", "from 1 to 65535"));
        }

        ImmutableArray<IPAddress> addresses = Addresses(map, findings);
        return findings.Count > before ? null : new PeerEntry(name, addresses, port, zone);
    }

    /// <summary>One address, or a list of up to two: pod and host.</summary>
    private static ImmutableArray<IPAddress> Addresses(SettingMap map, List<SettingFinding> findings)
    {
        SettingNode? given = map.Find("address");
        IReadOnlyList<SettingNode> items = given switch { SettingList list => list.Items, null => [], _ => [given] };
        if (items.Count is 0 or > 2) findings.Add(new SettingFinding((given ?? map).Place, FindingKind.BadValue, "a peer has one address, or two: of the pod and of the host", "address: 10.0.0.2"));
        ImmutableArray<IPAddress>.Builder addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (SettingNode item in items)
        {
            if (item is SettingText text && IPAddress.TryParse(text.Text, out IPAddress? address) && MeshAddress.IsUsable(address)) addresses.Add(MeshAddress.Plain(address));
            else findings.Add(new SettingFinding(item.Place, FindingKind.BadValue, $"'{(item is SettingText bad ? Show.Escape(bad.Text) : SettingReader.Word(item))}' is no address of a host", "an IP address such as 10.0.0.2 or fd00::2"));
        }

        return addresses.ToImmutable();
    }

    private static string? Text(SettingMap map, string key, List<SettingFinding> findings)
    {
        switch (map.Find(key))
        {
            case null:
                return null;
            case SettingText text:
                return text.Text;
            case { } other:
                findings.Add(new SettingFinding(other.Place, FindingKind.WrongType, $"'{key}' must be a text, not a {SettingReader.Word(other)}", $"write {key}: value"));
                return null;
        }
    }
}
