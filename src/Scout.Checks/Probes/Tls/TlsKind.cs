using Scout.Checks.Probes.Options;
using Scout.Ground;

namespace Scout.Checks.Probes.Tls;

/// <summary>The options of <c>tls</c>.</summary>
internal static class TlsKind
{
    private static readonly ProbeExpect[] Outcomes =
    [
        new("valid"), new("untrusted", ProbeReason.TlsUntrusted), new("expired", ProbeReason.TlsExpired), ProbeExpect.Refused, ProbeExpect.Blocked,
    ];

    private static readonly ProbePhase[] Phases = [ProbePhase.Connect, ProbePhase.Tls];

    private static readonly TimeSpan UsualWarning = TimeSpan.FromDays(30);
    private static readonly TimeSpan UsualCritical = TimeSpan.FromDays(7);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    private static readonly (string, StartTlsKind)[] Starts =
    [
        ("smtp", StartTlsKind.Smtp), ("imap", StartTlsKind.Imap), ("pop3", StartTlsKind.Pop3), ("ldap", StartTlsKind.Ldap), ("postgres", StartTlsKind.Postgres),
    ];

    public static ProbeKind Info { get; } = new()
    {
        Name = "tls",
        Summary = "look at the certificates a peer sends: life left, trust, name",
        Example = "{ host: api.lan, warning: 30d, critical: 7d }",
        ObjectName = "HOST[:PORT]",
        CommandLines = [("api.lan", "life left, trust, name"), ("mx1 --starttls smtp --warning 14d", "a mail server"), ("10.0.0.7 --server-name api.lan --verify false", "only how long it lives")],
        Outcomes = Outcomes,
        Object = ProbeKind.HostAndPort,
        Read = Read,
        Options =
        [
            CommonOptions.Host, CommonOptions.Port with { Required = false, Default = "443", Help = "port of the peer; with starttls the usual one of the protocol" },
            new("starttls", OptionForm.Text, "PROTOCOL", "", "ask this protocol to go on in TLS") { Choices = [.. Starts.Select(one => one.Item1)] },
            new("server_name", OptionForm.Text, "NAME", "", "name asked for and wanted in the certificate, instead of the host"),
            TlsOptions.Verify, TlsOptions.CaFile, TlsOptions.MinVersion,
            new("issuer", OptionForm.Text, "REGEX", "", "pattern of the issuer's name"),
            new("fingerprint", OptionForm.List, "SHA256", "", "SHA-256 of the certificates allowed"),
            new("client", OptionForm.Group, "cert=FILE,key=FILE", "", "certificate and key of our own, in PEM") { Members = TlsOptions.ClientOptions },
            .. CommonOptions.Reaching,
            CommonOptions.Warning with { Default = "30d", Help = "WARNING when less life is left: the earliest end of all certificates sent" },
            CommonOptions.Critical with { Default = "7d", Help = "CRITICAL when less life is left" },
            CommonOptions.Phases(Phases), CommonOptions.Expect(Outcomes),
        ],
    };

    private static TlsProbe? Read(OptionReader options, ProbeDefaults defaults)
    {
        StartTlsKind start = options.Choice("starttls", Starts, StartTlsKind.None);
        ProbeTarget? target = CommonOptions.Target(options, StartTls.UsualPort(start));
        ProbeExpect expect = options.Expect(Outcomes);
        CommonOptions.NoLimits(options, expect);
        TlsSettings settings = TlsOptions.Read(options, defaults, withMore: true);
        if (!settings.Verify && expect.Word == "untrusted") options.Conflict("expect", "verify: false", "without verifying nothing is found untrusted");
        string? name = options.Text("server_name", null, 255);
        if (name is not null && !HostText.IsHost(name)) options.Error("server_name", "bad_value", $"'server_name' is {OptionReader.Quote(name)}, which is no name of a host", "a name such as api.lan");
        (TimeSpan warning, TimeSpan critical) = expect.IsNegative ? default : Lives(options);
        ProbePattern? issuer = options.Pattern("issuer");
        List<string> fingerprints = Fingerprints(options);
        ProbeLimits phases = CommonOptions.PhaseLimits(options, Phases);
        return target is null ? null : new TlsProbe
        {
            Timeout = defaults.Timeout,
            Target = target,
            Limits = phases,
            Expect = expect,
            Settings = settings,
            ServerName = name ?? target.Host,
            StartTls = start,
            WarningLife = warning,
            CriticalLife = critical,
            Issuer = issuer,
            Fingerprints = fingerprints,
        };
    }

    // The usual limits give way to the one that was given.
    private static (TimeSpan Warning, TimeSpan Critical) Lives(OptionReader options)
    {
        bool hasWarning = options.Has("warning");
        bool hasCritical = options.Has("critical");
        TimeSpan warning = options.Duration("warning", TimeSpan.Zero, Longest, UsualWarning)!.Value;
        TimeSpan critical = options.Duration("critical", TimeSpan.Zero, Longest, UsualCritical)!.Value;
        if (critical > warning && hasWarning && hasCritical)
            options.Error("critical", "out_of_range", $"'critical' {DurationGrammar.Format(critical)} is over 'warning' {DurationGrammar.Format(warning)}", "they are limits of the life left: critical is at most as long as warning");
        if (!hasCritical) critical = critical < warning ? critical : warning;
        if (!hasWarning) warning = critical > warning ? critical : warning;
        options.Canonical.Set("warning", DurationGrammar.Format(warning));
        options.Canonical.Set("critical", DurationGrammar.Format(critical));
        return (warning, critical);
    }

    private static List<string> Fingerprints(OptionReader options)
    {
        var all = new List<string>();
        foreach (OptionText text in options.Texts("fingerprint", 20, "AB:CD:..."))
        {
            string digits = text.Value.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
            if (digits.Length == 64 && digits.All(char.IsAsciiHexDigit)) all.Add(digits);
            else options.Error(text, "bad_value", $"{OptionReader.Quote(text.Value)} is no SHA-256 fingerprint", "64 hexadecimal digits, with or without colons: openssl x509 -noout -fingerprint -sha256");
        }

        options.Canonical.Set("fingerprint", all.Count == 0 ? null : all);
        return all;
    }
}
