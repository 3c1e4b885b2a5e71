using System.Collections.Immutable;
using System.Net;
using Scout.Traffic;
using Scout.Traffic.Accounting;
using Scout.Traffic.Names;

namespace Scout.Server.Configuration;

/// <summary>The keys of <c>traffic:</c>; all of them are from the file, but for the root, which may be in <c>CGROUP_ROOT</c>.</summary>
internal sealed class TrafficRules(SettingReader reader)
{
    private const int MostEntries = 1 << 20;
    private const int UsualPort = 8010;

    public TrafficSettings Read() => new()
    {
        Mode = reader.Choice("traffic.enabled", reader.Pick("traffic.enabled"), TrafficMode.Auto, [("auto", TrafficMode.Auto), ("true", TrafficMode.On), ("false", TrafficMode.Off)]),
        Options = new TrafficOptions
        {
            CgroupRoot = Root(),
            Interval = Duration("traffic.interval", TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
            MaxPeers = Number("traffic.max_peers", 65_536, 1, MostEntries),
            MaxCounters = Number("traffic.max_counters", 16_384, 1, MostEntries),
            Services = reader.Choice(
                "traffic.services", reader.Pick("traffic.services"), ServiceScope.All, [("all", ServiceScope.All), ("cluster_ip", ServiceScope.ClusterIp), ("none", ServiceScope.None)]),
            ProgramStats = Flag("traffic.program_stats"),
            Accounts = new TrafficAccountOptions
            {
                MaxSeries = Number("traffic.max_series", 10_000, 4, 1_000_000),
                Grace = Duration("traffic.grace", TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(30), TimeSpan.FromHours(24)),
                Include = Names("traffic.namespaces.include"),
                Exclude = Names("traffic.namespaces.exclude"),
            },
        },
        Kubernetes = reader.Choice("traffic.kubernetes", reader.Pick("traffic.kubernetes"), TrafficNaming.Auto, [("auto", TrafficNaming.Auto), ("true", TrafficNaming.On), ("false", TrafficNaming.Off)]),
        Compatible = Compatible(),
    };

    private string? Root()
    {
        SettingNode? given = reader.Pick("traffic.cgroup_root", "CGROUP_ROOT");
        string root = reader.Path("traffic.cgroup_root", given, "");
        return root.Length == 0 ? null : root;
    }

    private ImmutableArray<string> Names(string key) => reader.List(key, reader.Pick(key), [], 256, static name =>
        name.Length is > 0 and <= 63 && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')
            ? null : ("bad_name", $"'{name}' is no namespace", "1 to 63 of a-z, 0-9 and -"));

    private IPEndPoint? Compatible()
    {
        bool enabled = Flag("traffic.compat_statsagent.enabled");
        IPEndPoint? address = null;
        reader.Checked("traffic.compat_statsagent.listen", reader.Pick("traffic.compat_statsagent.listen"), ":8010", text =>
            ListenAddress.TryParse(text, out address) ? null : ("bad_value", $"'{text}' is no address to listen on", "HOST:PORT with an IP address, or :PORT"));
        return enabled ? address ?? new IPEndPoint(IPAddress.IPv6Any, UsualPort) : null;
    }

    private bool Flag(string key) => reader.Choice(key, reader.Pick(key), false, [("true", true), ("false", false)]);

    private int Number(string key, int fallback, int least, int most) => reader.Number(key, reader.Pick(key), fallback, least, most);

    private TimeSpan Duration(string key, TimeSpan fallback, TimeSpan least, TimeSpan most) => reader.Duration(key, reader.Pick(key), fallback, least, most);
}
