using Scout.Checks.Probes.Options;

namespace Scout.Checks.Probes.Tcp;

/// <summary>The options of <c>tcp</c>.</summary>
internal static class TcpKind
{
    private static readonly ProbeExpect[] Outcomes = [new("connected"), ProbeExpect.Refused, ProbeExpect.Timeout, ProbeExpect.Unreachable, ProbeExpect.Blocked];

    private static readonly ProbePhase[] Phases = [ProbePhase.Dns, ProbePhase.Connect, ProbePhase.FirstByte];

    public static ProbeKind Info { get; } = new()
    {
        Name = "tcp",
        Summary = "connect to a port, and if asked exchange a few bytes",
        Example = "{ host: db1, port: 5432 }",
        ObjectName = "HOST:PORT",
        CommandLines =
        [
            ("db1:5432 --critical 250ms", "connect"), ("mx1:25 --match ^220 --quit $'QUIT\\r\\n'", "read the greeting"), ("db1:23 --expect refused", "it must be closed"),
        ],
        Outcomes = Outcomes,
        Object = ProbeKind.HostAndPort,
        Read = Read,
        Options =
        [
            CommonOptions.Host, CommonOptions.Port,
            new("send", OptionForm.Text, "TEXT", "", "sent after connecting; hex:0d0a for bytes"),
            new("match", OptionForm.Text, "REGEX", "", "what comes must match; read until it does"),
            new("not_match", OptionForm.Text, "REGEX", "", "what comes must not match"),
            new("max_bytes", OptionForm.Text, "SIZE", "4096", "most that is read"),
            new("quit", OptionForm.Text, "TEXT", "", "sent before closing"),
            .. CommonOptions.Reaching,
            CommonOptions.Warning, CommonOptions.Critical, CommonOptions.Phases(Phases), CommonOptions.Expect(Outcomes),
        ],
    };

    private static TcpProbe? Read(OptionReader options, ProbeDefaults defaults)
    {
        ProbeTarget? target = CommonOptions.Target(options);
        ProbeExpect expect = options.Expect(Outcomes);
        CommonOptions.NoLimits(options, expect);
        ProbeBytes? send = options.Bytes("send");
        ProbePattern? match = options.Pattern("match");
        ProbePattern? notMatch = options.Pattern("not_match");
        int maxBytes = options.Size("max_bytes", 1, 1024 * 1024, 4096) ?? 4096;
        ProbeBytes? quit = options.Bytes("quit");
        ProbeLimits limits = CommonOptions.Limits(options, Phases);
        return target is null ? null : new TcpProbe
        {
            Timeout = defaults.Timeout,
            Target = target,
            Limits = limits,
            Expect = expect,
            Send = send,
            Match = match,
            NotMatch = notMatch,
            MaxBytes = maxBytes,
            Quit = quit,
        };
    }
}
