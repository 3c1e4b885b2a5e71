using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Scout.Kubernetes;
using Scout.Machines.Definitions;
using Scout.Machines.Timing;
using Scout.Protocol.Mesh;
using Scout.Server.Metrics.Mesh;

namespace Scout.Server.Configuration;

/// <summary>The keys of <c>mesh:</c>; all of them are from the file.</summary>
internal sealed class MeshRules(SettingReader reader)
{
    private static readonly string[] Tools = ["scout", "kconmon", "monlat"];

    /// <param name="hasBroker">A broker is given, so that the roster can tell of peers.</param>
    public MeshOptions Read(bool hasBroker)
    {
        SettingNode? port = reader.Pick("mesh.listen.port");
        SettingNode? sources = reader.Pick("mesh.peers.sources");
        var options = new MeshOptions
        {
            Enabled = Flag("mesh.enabled", hasBroker || sources is not null),
            Address = Address(),
            Port = reader.Number("mesh.listen.port", port, MeshOptions.DefaultPort, 0, 65535),
            PortGiven = port is not null,
            Allow = Allow(),
            AllowSourcePorts = Ports(),
            Topology = Topology(),
            UdpInterval = Duration("mesh.udp.interval", TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            UdpTimeout = Duration("mesh.udp.timeout", TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(10)),
            UdpLate = Duration("mesh.udp.late", TimeSpan.FromSeconds(5), TimeSpan.Zero, TimeSpan.FromMinutes(1)),
            UdpPorts = Number("mesh.udp.ports", 16, 1, 16),
            TcpInterval = OffOr("mesh.tcp.interval", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
            TcpTimeout = Duration("mesh.tcp.timeout", TimeSpan.FromMilliseconds(900), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(10)),
            ShiftPerSecond = Number("mesh.shift.per_second", 1, 0, 1),
            MtuInterval = OffOr("mesh.mtu.interval", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)),
            ReactivePackets = Number("mesh.reactive.packets", 5, 0, 5),
            ReactiveWitnesses = Number("mesh.reactive.witnesses", 3, 0, 9),
            ReactiveBudget = Number("mesh.reactive.budget", 20, 0, 200),
            TraceCooldown = OffOr("mesh.trace.cooldown", TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            TraceHops = Number("mesh.trace.hops", 30, 1, 64),
            DrainGrace = Duration("mesh.drain.grace", TimeSpan.FromSeconds(2), TimeSpan.Zero, TimeSpan.FromSeconds(30)),
            DrainHold = Duration("mesh.drain.hold", TimeSpan.FromSeconds(2), TimeSpan.Zero, TimeSpan.FromSeconds(30)),
            Sources = Sources(sources),
            ForgetAfter = Duration("mesh.peers.forget_after", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            HostPlane = Planes(),
            Metrics = Metrics(),
        };
        options = options with { UdpFirstPort = SourcePorts(options.UdpPorts) };
        if (options.UdpLate < options.UdpTimeout) Conflict("mesh.udp.late", "'mesh.udp.late' is shorter than 'mesh.udp.timeout'", "a reply is late only when its time is over");
        if (options.UdpTimeout > options.UdpInterval * 10) Conflict("mesh.udp.timeout", "'mesh.udp.timeout' is over ten intervals", "16 probes of a path can wait at a time");
        return options;
    }

    private bool Flag(string key, bool fallback) => reader.Choice(key, reader.Pick(key), fallback, [("true", true), ("false", false)]);

    private int Number(string key, int fallback, int least, int most) => reader.Number(key, reader.Pick(key), fallback, least, most);

    private TimeSpan Duration(string key, TimeSpan fallback, TimeSpan least, TimeSpan most) => reader.Duration(key, reader.Pick(key), fallback, least, most);

    /// <summary>0 switches it off.</summary>
    private TimeSpan OffOr(string key, TimeSpan fallback, TimeSpan least, TimeSpan most)
    {
        SettingNode? given = reader.Pick(key);
        if (given is not SettingText { Text: "0" }) return reader.Duration(key, given, fallback, least, most);
        reader.Row(key, "0", given);
        return TimeSpan.Zero;
    }

    private void Conflict(string key, string message, string hint)
    {
        SettingNode? given = reader.Pick(key) ?? reader.Pick("mesh.udp");
        if (given is not null) reader.Wrong(given, "conflict", message, hint);
    }

    private IPAddress? Address()
    {
        IPAddress? address = null;
        reader.Checked("mesh.listen.address", reader.Pick("mesh.listen.address"), "", text =>
            IPAddress.TryParse(text, out address) ? null : ("bad_value", $"'{Show.Escape(text)}' is no IP address", "\"::\" for every address, or one of this machine"));
        return address;
    }

    private MeshAllow Allow()
    {
        SettingNode? given = reader.Pick("mesh.listen.allow");
        if (given is SettingList list)
        {
            ImmutableArray<IPNetwork>.Builder networks = ImmutableArray.CreateBuilder<IPNetwork>();
            foreach (SettingNode item in list.Items)
            {
                if (item is SettingText text && Network(text.Text) is { } network) networks.Add(network);
                else reader.Wrong(item, "bad_value", $"'{(item is SettingText bad ? Show.Escape(bad.Text) : SettingReader.Word(item))}' is no network", "such as 10.0.0.0/8 or fd00::/8; the bits behind the prefix are 0");
            }

            if (list.Items.Count is 0 or > 64) reader.Wrong(list, "out_of_range", $"'mesh.listen.allow' has {list.Items.Count} networks", "from 1 to 64, or any, or roster");
            var allow = new MeshAllow(false, networks.ToImmutable());
            reader.Row("mesh.listen.allow", allow.ToString(), given);
            return allow;
        }

        return reader.Choice("mesh.listen.allow", given, MeshAllow.Any, [("any", MeshAllow.Any), ("roster", new MeshAllow(true, []))]);
    }

    private static IPNetwork? Network(string text)
    {
        // 10.0.0.1/8 is more likely a slip than a wish.
        if (IPNetwork.TryParse(text, out IPNetwork network)) return IPAddress.TryParse(text.Split('/')[0], out IPAddress? begin) && begin.Equals(network.BaseAddress) ? network : null;
        return IPAddress.TryParse(text, out IPAddress? one) ? new IPNetwork(one, one.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128) : null;
    }

    private ImmutableArray<int> Ports()
    {
        const string Key = "mesh.listen.allow_source_port";
        ImmutableArray<string> texts = reader.List(Key, reader.Pick(Key), [], 16, static text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 1024 ? null : ("out_of_range", $"'{Show.Escape(text)}' is no port below 1024", "such as 862; ports from 1024 on are answered anyway"));
        return [.. texts.Select(static text => int.Parse(text, CultureInfo.InvariantCulture))];
    }

    private MeshTopologyOptions Topology() => new()
    {
        Kind = reader.Choice(
            "mesh.topology.kind",
            reader.Pick("mesh.topology.kind"),
            MeshTopologyKind.Auto,
            [("auto", MeshTopologyKind.Auto), ("full", MeshTopologyKind.Full), ("rings", MeshTopologyKind.Rings)]),
        FullMeshMax = Number("mesh.topology.full_mesh_max", 24, 2, 100),
        Neighbours = Number("mesh.topology.neighbours", 10, MeshTopologyOptions.MinNeighbours, MeshTopologyOptions.MaxNeighbours),
        FloorPerSecond = Number("mesh.zone_floor.per_second", 20, 0, 100),
        FloorBudget = Number("mesh.zone_floor.budget", 5, 0, 12),
    };

    /// <summary><c>ephemeral</c>, or <c>"8621-8636"</c> with as many ports as are used.</summary>
    private int SourcePorts(int ports)
    {
        int first = 0;
        reader.Checked("mesh.udp.source_ports", reader.Pick("mesh.udp.source_ports"), "ephemeral", text =>
        {
            if (text == "ephemeral") return null;
            string[] ends = text.Split('-');
            bool good = ends.Length == 2
                & int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out first)
                & int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last);
            if (good && first >= 1024 && last <= 65535 && last - first + 1 == ports) return null;
            first = 0;
            return ("bad_value", $"'{Show.Escape(text)}' is no range of {ports} ports", $"ephemeral, or FIRST-LAST with {ports} ports from 1024 on, such as 8621-{8620 + ports}");
        });
        return first;
    }

    private bool Planes()
    {
        const string Key = "mesh.peers.planes";
        SettingNode? given = reader.Pick(Key);
        ImmutableArray<string> planes = reader.List(Key, given, ["pod"], 2, static text => text is "pod" or "host" ? null : ("bad_value", $"'{Show.Escape(text)}' is no plane", "pod, or pod and host"));
        if (given is not null && !planes.Contains("pod")) reader.Wrong(given, "bad_value", $"'{Key}' must hold pod", "[pod], or [pod, host]");
        return planes.Contains("host");
    }

    private MeshMetricsOptions Metrics() => new()
    {
        Compat = reader.List("mesh.metrics.compat", reader.Pick("mesh.metrics.compat"), [], 3, static text =>
            Tools.Contains(text) ? null : ("bad_value", $"'{Show.Escape(text)}' is none of the older tools", "of scout, kconmon, monlat")),
        KconmonPrefix = reader.Checked("mesh.metrics.kconmon_prefix", reader.Pick("mesh.metrics.kconmon_prefix"), "kconmon", static text =>
            text.Length <= 40 && char.IsAsciiLetter(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') ? null : ("bad_name", $"'{Show.Escape(text)}' begins no name of a metric", "a letter, then letters, digits and _")),
        MaxSeries = Number("mesh.metrics.max_series", 1000, 100, 100_000),
        Hold = Duration("mesh.metrics.hold", TimeSpan.FromMinutes(5), TimeSpan.Zero, TimeSpan.FromHours(1)),
    };

    private ImmutableArray<PeerSourceOptions> Sources(SettingNode? given)
    {
        const string Key = "mesh.peers.sources";
        ImmutableArray<PeerSourceOptions> sources = [new RosterSourceOptions()];
        if (given is SettingList list)
        {
            ImmutableArray<PeerSourceOptions>.Builder read = ImmutableArray.CreateBuilder<PeerSourceOptions>();
            foreach (SettingNode item in list.Items)
            {
                if (Source(item) is { } source) read.Add(source);
            }

            if (list.Items.Count is 0 or > 16) reader.Wrong(list, "out_of_range", $"'{Key}' has {list.Items.Count} entries", "from 1 to 16");
            if (read.Count(static one => one is KubernetesSourceOptions) > 1) reader.Wrong(list, "bad_value", "kubernetes is there twice", "name it once; a selector may fit several workloads");
            if (read.Count(static one => one is RosterSourceOptions) > 1) reader.Wrong(list, "bad_value", "the roster is there twice", "name it once");
            sources = read.ToImmutable();
        }
        else if (given is not null)
        {
            reader.Wrong(given, "wrong_type", $"'{Key}' must be a list, not a {SettingReader.Word(given)}", $"write {Key.Split('.')[^1]}: [roster]");
        }

        reader.Row(Key, "[" + string.Join(", ", sources.Select(static one => one.Kind)) + "]", given);
        return sources;
    }

    private PeerSourceOptions? Source(SettingNode item)
    {
        const string Hint = "roster, { static: [{ name, address, zone }] }, { file: PATH }, { dns: { name, refresh } } or { kubernetes: { selector, port, nodes } }";
        switch (item)
        {
            case SettingText { Text: "roster" }:
                return new RosterSourceOptions();
            case SettingText { Text: "kubernetes" }:
                return new KubernetesSourceOptions(KubernetesSourceOptions.DefaultSelector, OwnPort(), Nodes: true);
            case SettingMap { Entries: [{ Key: "kubernetes", Value: SettingMap cluster }] }:
                return Kubernetes(cluster);
            case SettingMap { Entries: [{ Key: "static" } entry] }:
                return new StaticSourceOptions(PeerEntries.Read(entry.Value, reader.Findings));
            case SettingMap { Entries: [{ Key: "file", Value: SettingText { Text.Length: > 0 } path }] }:
                return new FileSourceOptions(SettingReader.Absolute(path.Text, path.Folder));
            case SettingMap { Entries: [{ Key: "dns", Value: SettingMap dns }] }:
                return Dns(dns);
            default:
                reader.Wrong(item, "bad_value", "this is no source of peers", Hint);
                return null;
        }
    }

    private KubernetesSourceOptions Kubernetes(SettingMap map)
    {
        foreach (SettingEntry entry in map.Entries)
        {
            if (entry.Key is not ("selector" or "port" or "nodes")) reader.Findings.Add(new SettingFinding(entry.Place, FindingKind.UnknownKey, $"'{Show.Escape(entry.Key)}' is not a key of 'kubernetes'", "the keys are selector, port, nodes"));
        }

        string selector = KubernetesSourceOptions.DefaultSelector;
        if (map.Find("selector") is { } labels)
        {
            if (labels is SettingText { Text: var text } && LabelSelectors.WhyBad(text) is null) selector = text;
            else reader.Wrong(labels, "bad_value", $"'selector' {(labels is SettingText { Text: var bad } ? LabelSelectors.WhyBad(bad) : $"must be a text, not a {SettingReader.Word(labels)}")}", $"selector: {KubernetesSourceOptions.DefaultSelector}");
        }

        int port = OwnPort();
        if (map.Find("port") is { } given && (given is not SettingText number || !int.TryParse(number.Text, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port is < 1 or > 65535))
        {
            reader.Wrong(given, "out_of_range", "'port' is no port", "from 1 to 65535");
        }

        bool nodes = true;
        if (map.Find("nodes") is { } said && (said is not SettingText word || !bool.TryParse(word.Text, out nodes))) reader.Wrong(said, "bad_value", "'nodes' is true or false", "nodes: true");
        return new KubernetesSourceOptions(selector, port, nodes);
    }

    /// <summary>Servers of one DaemonSet answer on the same port; a free one that was chosen here is nobody else's.</summary>
    private int OwnPort() =>
        reader.Pick("mesh.listen.port") is SettingText text && int.TryParse(text.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535 ? port : MeshOptions.DefaultPort;

    private DnsSourceOptions? Dns(SettingMap map)
    {
        foreach (SettingEntry entry in map.Entries)
        {
            if (entry.Key is not ("name" or "refresh")) reader.Findings.Add(new SettingFinding(entry.Place, FindingKind.UnknownKey, $"'{Show.Escape(entry.Key)}' is not a key of 'dns'", "the keys are name, refresh"));
        }

        TimeSpan refresh = TimeSpan.FromSeconds(15);
        if (map.Find("refresh") is { } given)
        {
            if (given is not SettingText text || !DurationText.TryParse(text.Text, out refresh, out _) || refresh < TimeSpan.FromSeconds(1) || refresh > TimeSpan.FromHours(1))
            {
                reader.Wrong(given, "bad_duration", "'refresh' is no duration from 1s to 1h", "refresh: 15s");
            }
        }

        if (map.Find("name") is SettingText { Text: { Length: > 0 and <= 253 } name } && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')) return new DnsSourceOptions(name, refresh);
        reader.Wrong(map.Find("name") ?? map, "bad_value", "'name' is no host name", "dns: { name: scout-mesh.monitoring.svc }");
        return null;
    }
}
