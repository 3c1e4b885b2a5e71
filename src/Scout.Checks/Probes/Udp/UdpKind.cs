using Scout.Checks.Probes.Options;
using Scout.Checks.Probes.Packets;
using Scout.Checks.Stamp;

namespace Scout.Checks.Probes.Udp;

/// <summary>The options of <c>udp</c>.</summary>
internal static class UdpKind
{
    private const int LargestSize = 65_507;
    private static readonly ProbeExpect[] Outcomes = [new("reply"), ProbeExpect.Refused, new("silent", ProbeReason.Timeout)];
    private static readonly (string, UdpMode)[] Modes = [("stamp", UdpMode.Stamp), ("echo", UdpMode.Echo), ("payload", UdpMode.Payload)];
    private static readonly TimeSpan UsualSpacing = TimeSpan.FromMilliseconds(50);

    public static ProbeKind Info { get; } = new()
    {
        Name = "udp",
        Summary = "send packets to a port and judge what comes back",
        Example = "{ host: n7, port: 8620 }",
        ObjectName = "HOST:PORT",
        CommandLines = [("n7:8620", "five STAMP packets"), ("ntp1:7 --mode echo --count 20 --loss-critical 10%", "an echo service"), ("game1:9987 --mode payload --send hex:ff --match .", "bytes of your own")],
        Outcomes = Outcomes,
        Object = ProbeKind.HostAndPort,
        Read = Read,
        Options =
        [
            CommonOptions.Host, CommonOptions.Port,
            new("mode", OptionForm.Text, "MODE", "stamp", "STAMP of RFC 8762, an echo of any bytes, or bytes of your own") { Choices = [.. Modes.Select(mode => mode.Item1)] },
            .. PacketOptions.Counting("5", "50ms"),
            new("size", OptionForm.Text, "OCTETS", "76", "payload of a packet; not with mode payload"),
            PacketOptions.DontFragment,
            new("send", OptionForm.Text, "TEXT", "", "for mode payload; hex:0d0a for bytes"),
            new("match", OptionForm.Text, "REGEX", "", "for mode payload: what comes must match"),
            .. CommonOptions.Reaching,
            CommonOptions.Warning, CommonOptions.Critical, .. PacketOptions.Judging, CommonOptions.Expect(Outcomes),
        ],
    };

    private static UdpProbe? Read(OptionReader options, ProbeDefaults defaults)
    {
        ProbeTarget? target = CommonOptions.Target(options);
        ProbeExpect expect = options.Expect(Outcomes);
        CommonOptions.NoLimits(options, expect);
        UdpMode mode = options.Choice("mode", Modes, UdpMode.Stamp);
        PacketNumbers numbers = PacketOptions.Read(options, defaults, expect, 5, UsualSpacing);
        ProbeBytes? send = options.Bytes("send");
        ProbePattern? match = options.Pattern("match");
        int size = Size(options, mode, send);
        bool whole = options.Flag("df");
        ProbeLimits limits = CommonOptions.Limits(options);
        if (mode == UdpMode.Payload && send is null && !options.Has("send")) options.Missing("send", "ping");
        if (mode != UdpMode.Payload)
        {
            options.Conflict("send", $"mode: {Word(mode)}", "only 'mode: payload' sends bytes of your own");
            options.Conflict("match", $"mode: {Word(mode)}", "only 'mode: payload' looks at the answer's text");
        }

        return target is null ? null : new UdpProbe
        {
            Timeout = defaults.Timeout,
            Target = target,
            Limits = limits,
            Expect = expect,
            Mode = mode,
            Count = numbers.Count,
            Spacing = numbers.Spacing,
            LossWarning = numbers.LossWarning,
            LossCritical = numbers.LossCritical,
            Stat = numbers.Stat,
            Size = size,
            DontFragment = whole,
            Send = send,
            Match = match,
        };
    }

    private static int Size(OptionReader options, UdpMode mode, ProbeBytes? send)
    {
        if (mode == UdpMode.Payload)
        {
            options.Conflict("size", "mode: payload", "'send' has the size it has");
            if (send?.Bytes.Length > LargestSize) options.Error("send", "out_of_range", $"'send' has {send.Bytes.Length} bytes", $"one packet holds at most {LargestSize}");
            return send?.Bytes.Length ?? 0;
        }

        int least = mode == UdpMode.Stamp ? StampPacket.BareSize : EchoDialogue.LeastSize;
        int size = options.Integer("size", least, LargestSize, StampPacket.TlvSize) ?? StampPacket.TlvSize;
        if (mode == UdpMode.Stamp && !StampPacket.IsSize(size, withTlv: false))
            options.Error("size", "out_of_range", $"no STAMP packet has {size} octets", "44, or 48 and more: padding is a TLV of at least 4");
        return size;
    }

    private static string Word(UdpMode mode) => mode switch { UdpMode.Stamp => "stamp", UdpMode.Echo => "echo", _ => "payload" };
}
