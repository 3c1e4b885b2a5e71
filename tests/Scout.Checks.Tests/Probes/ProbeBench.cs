using System.Net;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Options;

namespace Scout.Checks.Tests.Probes;

/// <summary>Reads and runs probes as definitions would.</summary>
internal static class ProbeBench
{
    /// <summary>Options from pairs; a value is a text, an array of values, or further pairs.</summary>
    public static OptionMap Map(params (string Key, object Value)[] entries) =>
        new([.. entries.Select((entry, index) => new OptionEntry(entry.Key, index + 2, 3, Node(entry.Value, index + 2)))], 1, 1);

    public static ProbeReading Read(string kind, params (string Key, object Value)[] entries) => ProbeCatalog.Read(kind, Map(entries), new ProbeDefaults());

    public static ProbeOptions Good(string kind, TimeSpan timeout, params (string Key, object Value)[] entries)
    {
        ProbeReading reading = ProbeCatalog.Read(kind, Map(entries), new ProbeDefaults { Timeout = timeout });
        Assert.Empty(reading.Findings);
        return reading.Options!;
    }

    public static async Task<ProbeResult> RunAsync(string kind, params (string Key, object Value)[] entries) => await RunAsync(kind, TimeSpan.FromSeconds(10), Context(), entries);

    /// <summary>For probes that are meant to run into their deadline.</summary>
    public static async Task<ProbeResult> RunShortAsync(string kind, params (string Key, object Value)[] entries) =>
        await RunAsync(kind, TimeSpan.FromMilliseconds(200), Context(), entries);

    public static async Task<ProbeResult> RunAsync(string kind, TimeSpan timeout, ProbeContext context, params (string Key, object Value)[] entries) =>
        await Good(kind, timeout, entries).RunAsync(context, TestContext.Current.CancellationToken);

    public static ProbeContext Context(INameLookup? names = null) => new() { Time = TimeProvider.System, Names = names ?? new Names() };

    public static string Fact(ProbeResult result, string name) => result.Facts.FirstOrDefault(fact => fact.Key == name).Value ?? "";

    public static string[] Labels(ProbeResult result) => [.. result.PerfData.Select(item => item.Label)];

    private static OptionNode Node(object value, int line) => value switch
    {
        string text => new OptionText(text, Quoted: true, line, 10),
        (string, object)[] pairs => new OptionMap([.. pairs.Select(pair => new OptionEntry(pair.Item1, line, 12, Node(pair.Item2, line)))], line, 10),
        IEnumerable<object> list => new OptionList([.. list.Select(item => Node(item, line))], line, 10),
        null => new OptionText("", Quoted: false, line, 10),
        _ => new OptionText(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!, Quoted: false, line, 10),
    };

    /// <summary>A few names; all others do not exist.</summary>
    internal sealed class Names : INameLookup
    {
        public Func<string, NameAnswer> Answer { get; init; } = static host => host switch
        {
            "here.test" => NameAnswer.Of(IPAddress.Loopback),
            "both.test" => NameAnswer.Of(IPAddress.Loopback, IPAddress.Parse("127.0.0.2")),
            _ => NameAnswer.Failed(ProbeReason.DnsNxdomain, $"{host} does not exist"),
        };

        public int Lookups { get; private set; }

        public ValueTask<NameAnswer> LookupAsync(string host, AddressChoice family, CancellationToken cancel)
        {
            Lookups++;
            return new(Answer(host));
        }
    }

    /// <summary>Never answers.</summary>
    internal sealed class DeafNames : INameLookup
    {
        public async ValueTask<NameAnswer> LookupAsync(string host, AddressChoice family, CancellationToken cancel)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            return NameAnswer.Failed(ProbeReason.DnsOther, "");
        }
    }

    /// <summary>Always says the same.</summary>
    internal sealed class Stalls(TimeSpan stalled) : IStallClock
    {
        public TimeSpan StalledWithin(long fromTimestamp, long toTimestamp) => stalled;
    }
}
