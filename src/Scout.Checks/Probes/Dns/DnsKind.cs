using System.Net;
using Scout.Checks.Probes.Options;

namespace Scout.Checks.Probes.Dns;

/// <summary>The options of <c>dns</c>.</summary>
internal static class DnsKind
{
    private const int MostServers = 16;
    private const int MostValues = 128;

    private static readonly ProbeExpect[] Outcomes =
    [
        new("answer"), new("nxdomain", ProbeReason.DnsNxdomain), new("nodata", ProbeReason.DnsOther), new("refused", ProbeReason.DnsOther),
        new("servfail", ProbeReason.DnsServfail), new("timeout", ProbeReason.DnsTimeout),
    ];

    private static readonly OptionInfo[] AnswerOptions =
    [
        new("min", OptionForm.Text, "N", "1", ""), new("max", OptionForm.Text, "N", "", ""), new("include", OptionForm.List, "VALUE", "", ""),
        new("exact", OptionForm.List, "VALUE", "", ""), new("match", OptionForm.Text, "REGEX", "", ""),
    ];

    private static readonly OptionInfo[] TtlOptions = [new("min", OptionForm.Text, "DURATION", "", ""), new("max", OptionForm.Text, "DURATION", "", "")];

    public static ProbeKind Info { get; } = new()
    {
        Name = "dns",
        Summary = "ask a DNS server one question",
        Example = "{ name: www.example.org, type: A }",
        ObjectName = "NAME",
        CommandLines = [("www.example.org", "its address"), ("example.org --type MX --answers min=2 --server 10.0.0.53", "another type, another server"), ("10.0.0.7 --type PTR", "the name of an address")],
        Outcomes = Outcomes,
        Object = ProbeKind.One("name"),
        Read = Read,
        Options =
        [
            new("name", OptionForm.Text, "NAME", "", "what is asked for, absolute; with type PTR an address") { Required = true },
            new("type", OptionForm.Text, "TYPE", "A", "type of the records") { Choices = [.. DnsWords.Types.Select(type => type.Word)] },
            new("server", OptionForm.List, "SERVER", "system", "system (the first of resolv.conf), all of them, an address with or without port, or a list"),
            new("transport", OptionForm.Text, "TRANSPORT", "udp", "an answer that does not fit UDP is fetched over TCP in any case") { Choices = ["udp", "tcp"] },
            new("rcode", OptionForm.Text, "RCODE", "NOERROR", "the response code") { Choices = [.. DnsWords.Rcodes.Select(rcode => rcode.Word)] },
            new("answers", OptionForm.Group, "EXPECTATION", "", "min, max, include, exact, match: what the records must be like") { Members = AnswerOptions },
            new("ttl", OptionForm.Group, "LIMIT=DURATION", "", "min, max: how long the records may be kept") { Members = TtlOptions },
            new("authoritative", OptionForm.Flag, "", "", "whether the server must own the name (AA)"),
            new("authenticated", OptionForm.Flag, "", "", "whether the server must have validated (AD)"),
            CommonOptions.Source, CommonOptions.Dscp, CommonOptions.Warning, CommonOptions.Critical, CommonOptions.Expect(Outcomes),
        ],
    };

    private static DnsProbe? Read(OptionReader options, ProbeDefaults defaults)
    {
        DnsType type = options.Choice("type", DnsWords.Types, DnsType.A);
        string? name = Name(options, type);
        ProbeExpect expect = options.Expect(Outcomes);
        CommonOptions.NoLimits(options, expect);
        DnsServers servers = Servers(options);
        bool tcp = options.Choice("transport", [("udp", false), ("tcp", true)], false);
        DnsExpectations wanted = Expectations(options, expect);
        IPAddress? source = options.Address("source");
        int? dscp = options.Integer("dscp", 0, 63);
        if (source is not null && servers.Listed.FirstOrDefault(server => server.AddressFamily != source.AddressFamily) is { } other)
            options.Error("source", "conflict", $"'source' and server {other.Address} are not of one family", "both IPv4 or both IPv6");
        ProbeLimits limits = CommonOptions.Limits(options);
        return name is null ? null : new DnsProbe
        {
            Timeout = defaults.Timeout,
            Target = new ProbeTarget { Host = name, Port = DnsServers.UsualPort, Source = source, Dscp = dscp },
            Limits = limits,
            Expect = expect,
            Name = name,
            Type = type,
            Servers = servers,
            OverTcp = tcp,
            Wanted = wanted,
        };
    }

    private static string? Name(OptionReader options, DnsType type)
    {
        string? name = options.RequiredText("name", "www.example.org", 255);
        if (name is null) return null;
        if (AddressText.TryParse(name, out IPAddress? address))
        {
            if (type == DnsType.Ptr) return DnsName.Reverse(address!);
            options.Error("name", "bad_value", $"'name' is an address, and 'type' is {DnsWords.Name(type)}", "'type: PTR' asks for the name of an address");
            return null;
        }

        if (DnsName.IsName(name)) return DnsName.Plain(name);
        options.Error("name", "bad_value", $"'name' is {OptionReader.Quote(name)}, which is no name", "labels of 1 to 63 characters, joined by dots");
        return null;
    }

    private static DnsServers Servers(OptionReader options)
    {
        if (options.Value("server") is not { } node) return Said(options, DnsServers.System, "system");
        IReadOnlyList<OptionText> texts = node is OptionList ? options.Texts("server", MostServers, "10.96.0.10") : node is OptionText text ? [text] : options.Texts("server", MostServers, "10.96.0.10");
        if (texts is [{ Value: "system" }]) return Said(options, DnsServers.System, "system");
        if (texts is [{ Value: "all" }]) return Said(options, new DnsServers(true, true, []), "all");
        var listed = new List<IPEndPoint>();
        foreach (OptionText one in texts)
        {
            if (DnsServers.TryParse(one.Value, out IPEndPoint? server)) listed.Add(server!);
            else options.Error(one, "bad_value", $"'server' is {OptionReader.Quote(one.Value)}", "system, all, or an address such as 10.96.0.10, 10.96.0.10:5353 or [2001:db8::53]:53");
        }

        options.Canonical.Set("server", listed.Select(server => (object)server.ToString()).ToList());
        return new DnsServers(false, listed.Count > 1, listed);
    }

    private static DnsServers Said(OptionReader options, DnsServers servers, string word)
    {
        options.Canonical.Set("server", word);
        return servers;
    }

    private static DnsExpectations Expectations(OptionReader options, ProbeExpect expect)
    {
        int rcode = options.Choice("rcode", DnsWords.Rcodes, 0);
        var wanted = new DnsExpectations
        {
            Rcode = rcode,
            Authoritative = options.Has("authoritative") ? options.Flag("authoritative") : null,
            Authenticated = options.Has("authenticated") ? options.Flag("authenticated") : null,
        };
        if (expect.IsNegative)
        {
            foreach (string key in (string[])["rcode", "answers", "ttl", "authoritative", "authenticated"])
                options.Conflict(key, $"expect: {expect.Word}", "a negative test looks at the outcome alone; leave it out");
        }

        if (options.Group("answers", "{ min: 1 }", AnswerOptions) is { } answers)
        {
            int? max = answers.Integer("max", 0, DnsMessage.MostRecords);
            int usual = rcode == 0 && max != 0 ? 1 : 0;
            int min = answers.Integer("min", 0, DnsMessage.MostRecords, usual) ?? usual;
            if (max < min) answers.Error("max", "out_of_range", $"'max' {max} is under 'min' {min}", "max is at least min");
            wanted = wanted with { Min = min, Max = max, Include = Values(answers, "include") ?? [], Exact = Values(answers, "exact"), Match = answers.Pattern("match") };
        }
        else if (rcode != 0)
        {
            wanted = wanted with { Min = 0 };
        }

        if (options.Group("ttl", "{ min: 30s }", TtlOptions) is { } ttl)
        {
            TimeSpan? least = ttl.Duration("min", TimeSpan.Zero, TimeSpan.FromDays(3650));
            TimeSpan? most = ttl.Duration("max", TimeSpan.Zero, TimeSpan.FromDays(3650));
            if (most < least) ttl.Error("max", "out_of_range", "'max' is under 'min'", "max is at least min");
            wanted = wanted with { LeastTtl = least, MostTtl = most };
        }

        return wanted;
    }

    private static IReadOnlyList<string>? Values(OptionReader answers, string key)
    {
        if (!answers.Has(key)) return null;
        IReadOnlyList<string> values = answers.Value(key) is OptionText text ? [text.Value] : [.. answers.Texts(key, MostValues, "10.0.0.7").Select(value => value.Value)];
        answers.Canonical.Set(key, values.Select(value => (object)value).ToList());
        return values;
    }
}
