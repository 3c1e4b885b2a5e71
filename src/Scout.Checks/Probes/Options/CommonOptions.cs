using System.Net.Sockets;
using System.Net;
using Scout.Ground;

namespace Scout.Checks.Probes.Options;

/// <summary>The options that many kinds share (mesh.md section 1).</summary>
internal static class CommonOptions
{
    public static readonly OptionInfo Host = new("host", OptionForm.Text, "HOST", "", "name or address of the peer") { Required = true };
    public static readonly OptionInfo Port = new("port", OptionForm.Text, "N", "", "port of the peer") { Required = true };
    public static readonly OptionInfo Family = new("family", OptionForm.Text, "FAMILY", "any", "which addresses count; any is the first in the order of the resolver") { Choices = ["any", "4", "6"] };
    public static readonly OptionInfo Address = new("address", OptionForm.Text, "IP", "", "connect here; the host is kept for names");
    public static readonly OptionInfo AllAddresses = new("all_addresses", OptionForm.Flag, "", "false", "every address of the name once, at most 16; the worst decides");
    public static readonly OptionInfo Source = new("source", OptionForm.Text, "IP", "", "local address to send from");
    public static readonly OptionInfo Dscp = new("dscp", OptionForm.Text, "N", "", "differentiated services code point, 0 to 63");
    public static readonly OptionInfo Warning = new("warning", OptionForm.Text, "DURATION", "", "WARNING when it takes longer");
    public static readonly OptionInfo Critical = new("critical", OptionForm.Text, "DURATION", "", "CRITICAL when it takes longer");

    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromHours(1);

    private static readonly (string, AddressChoice)[] Families = [("any", AddressChoice.Any), ("4", AddressChoice.V4), ("6", AddressChoice.V6)];

    private static readonly OptionInfo[] LimitOptions = [Warning, Critical];

    /// <summary>What every kind that connects has behind its own host and port.</summary>
    public static IReadOnlyList<OptionInfo> Reaching { get; } = [Family, Address, AllAddresses, Source, Dscp];

    public static OptionInfo Expect(IReadOnlyList<ProbeExpect> words) =>
        new("expect", OptionForm.Text, "OUTCOME", words[0].Word, "the outcome wanted; every other one but the first makes a negative test") { Choices = [.. words.Select(word => word.Word)] };

    public static OptionInfo Phases(params ProbePhase[] phases) =>
        new("phases", OptionForm.Group, "PHASE.LIMIT=DURATION", "", $"limits of single phases: {string.Join(", ", phases.Select(ProbePhases.Name))}")
        {
            Members = [.. phases.Select(phase => new OptionInfo(ProbePhases.Name(phase), OptionForm.Group, "", "", "") { Members = LimitOptions })],
        };

    /// <summary><c>host</c> and <c>port</c> and the rest; null without a good host and port.</summary>
    /// <param name="options">All options of the probe.</param>
    /// <param name="port">Null: required. 0: this kind has no ports.</param>
    public static ProbeTarget? Target(OptionReader options, int? port = null)
    {
        string? host = options.RequiredText("host", "db1", 255);
        if (host is not null && !HostText.IsHost(host))
        {
            string hint = host.Contains("://", StringComparison.Ordinal) ? "a host alone, without '://'; 'http' takes a URL"
                : HostText.Split(host).Port is not null && port != 0 ? "write the port as 'port'" : "a name such as db1.example.org, or an IP address";
            options.Error("host", "bad_value", $"'host' is {OptionReader.Quote(host)}, which is no name of a host", hint);
            host = null;
        }

        if (port is null && !options.Has("port")) options.Missing("port", "443");
        int? number = port == 0 ? 0 : options.Integer("port", 1, 65_535, port);
        ProbeTarget target = Reach(options, host ?? "", number ?? 0);
        return host is null || number is null ? null : target;
    }

    /// <summary>The options of <see cref="Reaching"/> for a host that is known.</summary>
    public static ProbeTarget Reach(OptionReader options, string host, int port)
    {
        AddressChoice family = options.Choice("family", Families, AddressChoice.Any);
        IPAddress? address = options.Address("address");
        bool all = options.Flag("all_addresses");
        IPAddress? source = options.Address("source");
        int? dscp = options.Integer("dscp", 0, 63);
        IPAddress? literal = AddressText.TryParse(host, out IPAddress? parsed) ? parsed : null;
        if (address is not null && all) options.Conflict("all_addresses", "address", "one address is all there is; leave one out");
        IPAddress? fixedAddress = address ?? literal;
        string fixedBy = address is not null ? "address" : "host";
        if (fixedAddress is not null && !Fits(family, fixedAddress)) options.Error("family", "conflict", $"'family' is not that of '{fixedBy}'", "leave 'family' out");
        if (source is not null && fixedAddress is not null && source.AddressFamily != fixedAddress.AddressFamily)
            options.Error("source", "conflict", $"'source' and '{fixedBy}' are not of one family", "both IPv4 or both IPv6");
        if (source is not null && fixedAddress is null && family == AddressChoice.Any)
            family = source.AddressFamily == AddressFamily.InterNetworkV6 ? AddressChoice.V6 : AddressChoice.V4;
        else if (source is not null && !Fits(family, source))
            options.Error("source", "conflict", "'source' is not of the wanted 'family'", "leave 'family' out");
        return new ProbeTarget { Host = host, Port = port, Family = family, Address = address, Literal = literal, AllAddresses = all, Source = source, Dscp = dscp };
    }

    /// <summary><c>warning</c>, <c>critical</c> and <c>phases</c>.</summary>
    public static ProbeLimits Limits(OptionReader options, params ProbePhase[] phases) => Limits(options, Pair(options), phases);

    /// <summary><c>phases</c> alone, where <c>warning</c> and <c>critical</c> mean something else.</summary>
    public static ProbeLimits PhaseLimits(OptionReader options, params ProbePhase[] phases) => Limits(options, default, phases);

    private static ProbeLimits Limits(OptionReader options, TimeLimits time, ProbePhase[] phases)
    {
        if (phases.Length == 0) return new ProbeLimits(time, []);
        if (options.Group("phases", "{ connect: { warning: 50ms } }", Phases(phases).Members) is not { } group) return new ProbeLimits(time, []);
        var limits = new List<KeyValuePair<ProbePhase, TimeLimits>>();
        foreach (ProbePhase phase in phases)
        {
            if (group.Group(ProbePhases.Name(phase), "{ warning: 50ms }", LimitOptions) is { } one) limits.Add(new(phase, Pair(one)));
        }

        return new ProbeLimits(time, limits);
    }

    /// <summary>A negative test has no limits: they would never be looked at.</summary>
    public static void NoLimits(OptionReader options, ProbeExpect expect)
    {
        if (!expect.IsNegative) return;
        foreach (string key in (string[])["warning", "critical", "phases"]) options.Conflict(key, $"expect: {expect.Word}", "a negative test has no limits; leave them out");
    }

    /// <summary><c>warning</c> and <c>critical</c> as upper limits of a time.</summary>
    public static TimeLimits Pair(OptionReader options)
    {
        TimeSpan? warning = options.Duration("warning", Least, Most);
        TimeSpan? critical = options.Duration("critical", Least, Most);
        if (critical < warning)
            options.Error("critical", "out_of_range", $"'critical' {DurationGrammar.Format(critical.Value)} is under 'warning' {DurationGrammar.Format(warning.Value)}", "critical is at least as long as warning");
        return new TimeLimits(warning, critical);
    }

    private static bool Fits(AddressChoice family, IPAddress address) => family switch
    {
        AddressChoice.V4 => address.AddressFamily == AddressFamily.InterNetwork,
        AddressChoice.V6 => address.AddressFamily == AddressFamily.InterNetworkV6,
        _ => true,
    };
}
