using System.Globalization;
using System.Net;

namespace Scout.Checks.Probes.Dns;

/// <summary>What an answer must be like, besides coming.</summary>
public sealed record DnsExpectations
{
    /// <summary>The response code.</summary>
    public int Rcode { get; init; }

    /// <summary>Least number of records.</summary>
    public int Min { get; init; } = 1;

    public int? Max { get; init; }

    /// <summary>Values that must be among the records.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>The values of all records, in any order; null: not asked.</summary>
    public IReadOnlyList<string>? Exact { get; init; }

    /// <summary>Every value must match.</summary>
    public ProbePattern? Match { get; init; }

    public TimeSpan? LeastTtl { get; init; }

    public TimeSpan? MostTtl { get; init; }

    public bool? Authoritative { get; init; }

    public bool? Authenticated { get; init; }

    /// <summary>Everything that is not as wanted, each with its reason, the most telling first.</summary>
    internal IReadOnlyList<(ProbeReason Reason, string Text)> Failures(DnsReply reply, IReadOnlyList<DnsRecord> records)
    {
        var failures = new List<(ProbeReason, string)>();
        string[] values = [.. records.Select(record => record.Value)];
        if (records.Count < Min) failures.Add((ProbeReason.Size, $"{Count(records.Count)}, wanted at least {Min}"));
        if (records.Count > Max) failures.Add((ProbeReason.Size, $"{Count(records.Count)}, wanted at most {Max}"));
        foreach (string wanted in Include)
        {
            if (!values.Any(value => Same(value, wanted))) failures.Add((ProbeReason.Body, $"{wanted} is not among the answers"));
        }

        if (Exact is not null)
        {
            foreach (string wanted in Exact.Where(wanted => !values.Any(value => Same(value, wanted)))) failures.Add((ProbeReason.Body, $"{wanted} is missing"));
            foreach (string more in values.Where(value => !Exact.Any(wanted => Same(value, wanted)))) failures.Add((ProbeReason.Body, $"{Shown(more)} was not wanted"));
        }

        foreach (string other in values.Where(value => Match?.IsMatch(value) == false)) failures.Add((ProbeReason.Body, $"{Shown(other)} does not match '{Match}'"));
        if (records.Count > 0)
        {
            TimeSpan least = TimeSpan.FromSeconds(records.Min(record => record.Ttl));
            TimeSpan most = TimeSpan.FromSeconds(records.Max(record => record.Ttl));
            if (least < LeastTtl) failures.Add((ProbeReason.Header, $"a TTL of {Seconds(least)}, wanted at least {Seconds(LeastTtl.Value)}"));
            if (most > MostTtl) failures.Add((ProbeReason.Header, $"a TTL of {Seconds(most)}, wanted at most {Seconds(MostTtl.Value)}"));
        }

        if (Authoritative is { } own && own != reply.IsAuthoritative) failures.Add((ProbeReason.Header, own ? "the answer is not authoritative" : "the answer is authoritative"));
        if (Authenticated is { } safe && safe != reply.IsAuthenticated)
            failures.Add((ProbeReason.Header, safe ? "the server did not validate the answer (no AD flag)" : "the server validated the answer (AD flag)"));
        return failures;
    }

    /// <summary>Case and final dots do not count, and an address may be written in any form.</summary>
    private static bool Same(string value, string wanted)
    {
        if (string.Equals(value, DnsName.Plain(wanted), StringComparison.OrdinalIgnoreCase)) return true;
        return IPAddress.TryParse(wanted, out IPAddress? one) && IPAddress.TryParse(value, out IPAddress? other) && one.Equals(other);
    }

    private static string Count(int records) => records == 1 ? "1 answer" : $"{records} answers";

    private static string Shown(string value) => Running.ProbeText.Shown(value);

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s");
}
