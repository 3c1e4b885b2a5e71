using Scout.Checks.Probes.Options;
using Scout.Checks.Probes.Packets;

namespace Scout.Checks.Probes.Icmp;

/// <summary>The options of <c>icmp</c>.</summary>
internal static class IcmpKind
{
    private const int LargestSize = 65_487;
    private static readonly ProbeExpect[] Outcomes = [new("reply"), new("silent", ProbeReason.Timeout), ProbeExpect.Unreachable];
    private static readonly TimeSpan UsualSpacing = TimeSpan.FromMilliseconds(200);

    public static ProbeKind Info { get; } = new()
    {
        Name = "icmp",
        Summary = "send echo requests and count the replies",
        Example = "{ host: gw1 }",
        CommandLines = [("gw1", "three echo requests"), ("10.0.0.1 --count 10 --loss-warning 5%", "more of them, and a stricter limit"), ("gw1 --df --size 1472", "whether whole Ethernet frames come through")],
        ObjectName = "HOST",
        Outcomes = Outcomes,
        Object = ProbeKind.One("host"),
        Read = Read,
        Options =
        [
            CommonOptions.Host,
            .. PacketOptions.Counting("3", "200ms"),
            new("size", OptionForm.Text, "OCTETS", "56", "payload of a request"),
            new("ttl", OptionForm.Text, "N", "64", "TTL or hop limit of the requests"),
            PacketOptions.DontFragment,
            .. CommonOptions.Reaching,
            CommonOptions.Warning, CommonOptions.Critical, .. PacketOptions.Judging, CommonOptions.Expect(Outcomes),
        ],
    };

    private static IcmpProbe? Read(OptionReader options, ProbeDefaults defaults)
    {
        ProbeTarget? target = CommonOptions.Target(options, port: 0);
        ProbeExpect expect = options.Expect(Outcomes);
        CommonOptions.NoLimits(options, expect);
        PacketNumbers numbers = PacketOptions.Read(options, defaults, expect, 3, UsualSpacing);
        int size = options.Integer("size", IcmpProbe.LeastSize, LargestSize, 56) ?? 56;
        int ttl = options.Integer("ttl", 1, 255, 64) ?? 64;
        bool whole = options.Flag("df");
        ProbeLimits limits = CommonOptions.Limits(options);
        return target is null ? null : new IcmpProbe
        {
            Timeout = defaults.Timeout,
            Target = target,
            Limits = limits,
            Expect = expect,
            Count = numbers.Count,
            Spacing = numbers.Spacing,
            LossWarning = numbers.LossWarning,
            LossCritical = numbers.LossCritical,
            Stat = numbers.Stat,
            Size = size,
            Ttl = ttl,
            DontFragment = whole,
        };
    }
}
