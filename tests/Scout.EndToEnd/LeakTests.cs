using System.Globalization;
using System.Text.RegularExpressions;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>
/// A server that has had thousands of checks, reloads, reconnects and timeouts holds what it held before (reliability.md R14), seen from outside. What its heap holds is measured in
/// virtual time (<c>Scout.Server.Tests/Histories</c>). With <c>SCOUT_LANE=extended</c> 3,000 checks instead of 700.
/// </summary>
[Trait("fault", "R14")]
public sealed partial class LeakTests
{
    private const int Machines = 150;

    private static readonly bool Extended = Environment.GetEnvironmentVariable("SCOUT_LANE") == "extended";
    private static readonly int Warm = Extended ? 1_000 : 200;
    private static readonly int Checks = Extended ? 3_000 : 700;

    /// <summary>Everything that is bounded and has a size.</summary>
    private static readonly string[] Sizes =
    [
        "scout_outbox_events", "scout_outbox_bytes", "scout_loop_queue", "scout_runs_active", "scout_runs_waiting", "scout_runs_stuck", "scout_store_held_bytes", "scout_store_degraded",
    ];

    [Fact]
    public async Task After_thousands_of_checks_with_reloads_reconnects_and_timeouts_a_node_holds_what_it_held_before()
    {
        using var folder = new TempFolder();
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        await using var proxy = new FaultProxy(broker.Port);
        await using ScoutNode node = ScoutNode.Create(folder, "web1", proxy.Url);
        Define(node, busy: true, version: 0);
        await node.StartAsync();
        using var http = new HttpClient();
        var page = new Uri($"http://{Address().Match(node.Process.Output).Groups["address"].Value}/metrics");
        await Until.TrueAsync("it is warm", async () => Results(await http.GetStringAsync(page)) >= Warm, TimeSpan.FromSeconds(60), () => node.Process.Output);
        proxy.Cut();
        Held before = await RestAsync(node, http, page, version: 1);

        double begun = Results(await http.GetStringAsync(page));
        int version = 1;
        Define(node, busy: true, ++version);
        await Until.TrueAsync(
            "thousands of checks",
            async () =>
            {
                if (++version % 4 == 0) Define(node, busy: true, version);
                if (version % 10 == 0) proxy.Cut();
                await Task.Delay(TimeSpan.FromMilliseconds(75), TimeProvider.System);
                return Results(await http.GetStringAsync(page)) - begun >= Checks;
            },
            TimeSpan.FromSeconds(180),
            () => node.Process.Output);
        Held after = await RestAsync(node, http, page, ++version, before);
        Assert.True(after.Fits(before), $"before {before}, after {after}");
        string last = await http.GetStringAsync(page);
        Assert.True(Sum(last, "scout_run_problems_total", "reason=\"timeout\"") > 0, "no plugin timed out");
        Assert.True(Sum(last, "scout_connection_reconnects_total") > 1, "the line was never cut");
        Assert.True(Sum(last, "scout_definition_reloads_total", "result=\"applied\"") > 3, "nothing was reloaded");
    }

    /// <summary>Lets everything come to rest, and counts what is held then; with something to compare, until it is no more than that.</summary>
    private static async Task<Held> RestAsync(ScoutNode node, HttpClient http, Uri page, int version, Held? like = null)
    {
        Define(node, busy: false, version);
        Held held = default;
        double results = -1;
        await Until.TrueAsync(
            "all is quiet",
            async () =>
            {
                string text = await http.GetStringAsync(page);
                (double before, results) = (results, Results(text));
                held = new Held(node.Process.Descriptors(), node.Process.Threads(), Sum(text, "scout_machines"), Sizes.Sum(size => Sum(text, size)));
                await Task.Delay(TimeSpan.FromMilliseconds(like is null ? 200 : 50), TimeProvider.System);
                return held.Machines == Machines && held.Sizes == 0 && results == before && Sum(text, "scout_connection_up") == 1 && (like is null || held.Fits(like.Value));
            },
            TimeSpan.FromSeconds(60),
            () => $"{held}, before {like}\n{node.Process.Output}");
        return held;
    }

    /// <summary>Most are quick and right; some never end; at rest nothing is due. The version makes each a change.</summary>
    private static void Define(ScoutNode node, bool busy, int version)
    {
        string interval = busy ? "500ms" : "1h";
        for (int file = 0; file < 3; file++)
        {
            node.Define($"f{file}.yaml", "checks:\n" + string.Concat(Enumerable.Range(file * Machines / 3, Machines / 3).Select(machine =>
                machine % 50 == 7
                    ? $"  - {{ name: m{machine}, plugin: {(busy ? "nasty hang" : "/bin/true")}, interval: {interval}, timeout: 300ms, labels: {{ v: v{version} }} }}\n"
                    : $"  - {{ name: m{machine}, plugin: /bin/true, interval: {interval}, labels: {{ v: v{version} }} }}\n")));
        }
    }

    private static double Results(string page) => Sum(page, "scout_check_results_total");

    private static double Sum(string page, string family, string label = "") =>
        page.Split('\n')
            .Where(line => line.StartsWith(family, StringComparison.Ordinal) && line.Length > family.Length && line[family.Length] is '{' or ' ' && line.Contains(label, StringComparison.Ordinal))
            .Sum(line => double.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), CultureInfo.InvariantCulture));

    [GeneratedRegex("http (?<address>127\\.0\\.0\\.1:[0-9]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Address();

    /// <param name="Descriptors">Open files.</param>
    /// <param name="Threads">Of the process.</param>
    /// <param name="Machines">All of them.</param>
    /// <param name="Sizes">Whatever fills up and must be empty again.</param>
    private readonly record struct Held(int Descriptors, int Threads, double Machines, double Sizes)
    {
        // The pool of threads is the runtime's, and breathes.
        public bool Fits(Held before) => Descriptors <= before.Descriptors && Threads <= before.Threads + 2 && Machines == before.Machines && Sizes == 0;
    }
}
