using Scout.Checks.Probes.Options;
using Scout.Ground;

namespace Scout.Checks.Probes;

/// <summary>What reading needs besides the options.</summary>
public sealed record ProbeDefaults
{
    /// <summary>The usual timeout of a probe (machines.md section 3).</summary>
    public static TimeSpan UsualTimeout { get; } = TimeSpan.FromSeconds(5);

    /// <summary>100 ms to 1 h.</summary>
    public TimeSpan Timeout { get; init; } = UsualTimeout;

    /// <summary>Base of relative paths: the folder of the definition.</summary>
    public string Folder { get; init; } = "/";
}

/// <summary>What was read.</summary>
/// <param name="Options">Null after an error.</param>
/// <param name="Canonical">JSON of all options, defaults filled in: the same for texts that mean the same.</param>
/// <param name="Findings">What is wrong; empty when <paramref name="Options"/> is there.</param>
public sealed record ProbeReading(ProbeOptions? Options, string Canonical, IReadOnlyList<OptionFinding> Findings);

/// <summary>All kinds of probes.</summary>
public static class ProbeCatalog
{
    private static readonly ProbeKind[] All = [Tcp.TcpKind.Info, Http.HttpKind.Info, Udp.UdpKind.Info, Dns.DnsKind.Info, Icmp.IcmpKind.Info, Tls.TlsKind.Info];

    private static readonly Dictionary<string, ProbeKind> ByName = All.ToDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>The words of the kinds, in the order of the documentation.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [.. All.Select(kind => kind.Name)];

    /// <summary>What is known of a kind, or null.</summary>
    public static ProbeKind? Find(string kind) => ByName.GetValueOrDefault(kind);

    /// <summary>Reads the options of a probe. Never throws; all findings at once.</summary>
    public static ProbeReading Read(string kind, OptionNode options, ProbeDefaults defaults)
    {
        var findings = new List<OptionFinding>();
        if (!ByName.TryGetValue(kind, out ProbeKind? found))
        {
            findings.Add(new OptionFinding(options.Line, options.Column, "bad_value", $"{OptionReader.Quote(kind)} is no probe", NearestWord.Hint(kind, Kinds, $"probes are {string.Join(", ", Kinds)}")));
            return new ProbeReading(null, "{}", findings);
        }

        if (options is not OptionMap map)
        {
            findings.Add(new OptionFinding(options.Line, options.Column, "wrong_type", $"'{kind}' is {options.Shape}, wanted is a mapping", $"write '{kind}: {found.Example}'"));
            return new ProbeReading(null, "{}", findings);
        }

        var reader = new OptionReader(findings, map, $"{Article(kind)} {kind} probe", found.Options);
        reader.OnlyKnown();
        ProbeOptions? read = found.Read(reader, defaults);
        return new ProbeReading(findings.Count == 0 ? read : null, reader.Canonical.Write(found.Options), findings);
    }

    private static string Article(string kind) => kind is "http" or "icmp" ? "an" : "a";
}
