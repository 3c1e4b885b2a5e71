using System.Diagnostics;
using System.Globalization;

using System.Text.Json;
using Scout.Benchmarks.Measuring;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Benchmarks.Node;

/// <summary>
/// A whole node as a user has it, measured from outside: CPU of the server a check (textfile on, broker on), resident memory with 10, 1,000 and 10,000
/// machines, bytes a stored event, how long a forced check and a question about all machines take.
/// </summary>
internal static class NodeBenchmark
{
    public static async Task<int> RunAsync(string[] options)
    {
        if (NatsServerProcess.Missing is { } missing)
        {
            Console.WriteLine($"skipped: {missing}");
            return 77;
        }

        using var folder = new TempFolder();
        if (await CompileAsync(folder, "trivial") is not { } plugin || await CompileAsync(folder, "pacedloop") is not { } bare)
        {
            Console.WriteLine("skipped: cc missing");
            return 77;
        }

        bool quick = options.Contains("--quick");
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        await using ScoutBroker broker = await ScoutBroker.StartAsync(folder);
        await SmallAsync(folder, broker, plugin, figures);
        await ThousandAsync(folder, broker, plugin, figures, quick ? 20 : 60);
        await PaceAsync(folder, broker, plugin, bare, "10s", 10_000, figures, quick ? 15 : 40);
        await PaceAsync(folder, broker, plugin, bare, "1s", 1_000, figures, quick ? 15 : 40);
        await TenThousandAsync(folder, plugin, figures);
        foreach ((string name, double value) in figures) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-44} {value,12:0.###}"));
        Console.WriteLine(JsonSerializer.Serialize(figures));
        return 0;
    }

    private static async Task SmallAsync(TempFolder folder, ScoutBroker broker, string plugin, SortedDictionary<string, double> figures)
    {
        await using ScoutNode node = ScoutNode.Create(folder, "small", broker.Url);
        node.Define("checks.yaml", Checks(10, plugin, "10s", "all"));
        await node.StartAsync();
        await Settle(TimeSpan.FromSeconds(12));
        figures["rss_mb_10_machines"] = node.Process.ResidentBytes() / 1e6;

        // One forced check at a time, over the socket: from the request written to the answer read, the plugin's own run included.
        using var client = new SocketClient(node.Socket);
        var took = new List<double>();
        for (int i = 0; i < 300; i++)
        {
            long start = TimeProvider.System.GetTimestamp();
            JsonElement reply = await AnswerAsync(client, "check", string.Create(CultureInfo.InvariantCulture, $$"""{"machines":["m{{i % 10}}"],"wait_ms":5000}"""));
            if (reply.GetProperty("code").GetString() != "ok") throw new InvalidOperationException(reply.ToString());
            if (i >= 50) took.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }

        figures["force_check_ms_median"] = Quantiles.Median(took);
        figures["force_check_ms_p99"] = Quantiles.Of(took, 0.99);
        await node.StopAsync();
    }

    private static async Task ThousandAsync(TempFolder folder, ScoutBroker broker, string plugin, SortedDictionary<string, double> figures, int seconds)
    {
        await using ScoutNode node = ScoutNode.Create(folder, "large", broker.Url);
        node.Define("checks.yaml", Checks(1000, plugin, "10s", "changes"));
        long begun = TimeProvider.System.GetTimestamp();
        await node.StartAsync();
        figures["ready_ms_1000_machines"] = TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds;
        await Settle(TimeSpan.FromSeconds(25));

        await Settle(TimeSpan.FromSeconds(seconds));
        figures["rss_mb_1000_machines"] = node.Process.ResidentBytes() / 1e6;

        using var client = new SocketClient(node.Socket);
        var took = new List<double>();
        for (int i = 0; i < 30; i++)
        {
            long start = TimeProvider.System.GetTimestamp();
            int machines = 0;
            string after = "";
            do
            {
                JsonElement reply = await AnswerAsync(client, "machines", after.Length == 0 ? """{"machines":["*"]}""" : $$"""{"machines":["*"],"after":"{{after}}"}""");
                JsonElement results = reply.GetProperty("results");
                machines += results.GetArrayLength();
                after = reply.TryGetProperty("truncated", out JsonElement left) && left.ValueKind == JsonValueKind.Number && left.GetInt32() > 0
                    ? results[results.GetArrayLength() - 1].GetProperty("machine").GetString()!
                    : "";
            }
            while (after.Length > 0);
            if (machines != 1000) throw new InvalidOperationException($"{machines} machines answered");
            if (i >= 10) took.Add(TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }

        figures["status_of_1000_ms_median"] = Quantiles.Median(took);
        figures["status_of_1000_ms_max"] = took.Max();
        await node.StopAsync();

        // The steady events of the small node: every result of ten checks.
        CommandResult info = await ScoutExecutable.RunAsync(["events", "small/*", "--kind", "check", "--last", "200", "-o", "jsonl", "--broker", broker.Url]);
        double[] sizes = [.. info.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Stored("small", line))];
        figures["stored_bytes_per_check_event"] = sizes.Average();
    }

    /// <summary>
    /// CPU of the server a check with 1,000 machines at a pace, textfile and broker on, beside a C loop that only spawns, reads and waits at the same pace in
    /// the same minute: at a hundred runs a second waking up is what costs, for both.
    /// </summary>
    private static async Task PaceAsync(
        TempFolder folder, ScoutBroker broker, string plugin, string bare, string interval, int bareMicroseconds, SortedDictionary<string, double> figures, int seconds)
    {
        string name = "pace" + interval;
        await using ScoutNode node = ScoutNode.Create(folder, name, broker.Url);
        node.Define("checks.yaml", Checks(1000, plugin, interval, "changes"));
        await node.StartAsync();
        await Settle(TimeSpan.FromSeconds(25));
        double before = await ChecksAsync(node);
        TimeSpan cpu = node.Process.CpuTime();
        await Settle(TimeSpan.FromSeconds(seconds));
        double done = await ChecksAsync(node) - before;
        double own = (node.Process.CpuTime() - cpu).TotalMilliseconds * 1000 / done;
        await node.StopAsync();

        var start = new ProcessStartInfo(bare, [string.Create(CultureInfo.InvariantCulture, $"{2_000_000 / bareMicroseconds}"), $"{bareMicroseconds}", plugin])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using Process loop = Process.Start(start)!;
        double floor = double.Parse(await loop.StandardOutput.ReadToEndAsync(), CultureInfo.InvariantCulture);
        await loop.WaitForExitAsync();
        string pace = string.Create(CultureInfo.InvariantCulture, $"at_{done / seconds:0}_a_second");
        figures[$"cpu_us_a_check_{pace}"] = own;
        figures[$"cpu_us_a_check_{pace}_bare_c"] = floor;
        figures[$"cpu_us_a_check_{pace}_ratio"] = own / floor;
    }

    private static async Task TenThousandAsync(TempFolder folder, string plugin, SortedDictionary<string, double> figures)
    {
        await using ScoutNode node = ScoutNode.Create(folder, "huge", broker: null);
        for (int file = 0; file < 10; file++) node.Define($"checks{file}.yaml", Checks(1000, plugin, "5m", "changes", prefix: $"f{file}m"));
        long begun = TimeProvider.System.GetTimestamp();
        await node.StartAsync();
        figures["ready_ms_10000_machines"] = TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds;
        await Settle(TimeSpan.FromSeconds(60));
        figures["checks_seen_10000"] = await ChecksAsync(node);
        figures["rss_mib_10000_machines"] = node.Process.ResidentBytes() / 1048576.0;
        await node.StopAsync();
    }

    /// <summary>An event takes 22 + subject + 4 + headers + payload + 8 bytes in the stream's file.</summary>
    private static double Stored(string node, string json)
    {
        JsonElement cloudEvent = JsonDocument.Parse(json).RootElement;
        string subject = $"scout.event.{node}.{cloudEvent.GetProperty("subject").GetString()}.check";
        string headers = $"NATS/1.0\r\nContent-Type: application/cloudevents+json\r\nNats-Msg-Id: {cloudEvent.GetProperty("id").GetString()}\r\n\r\n";
        return 22 + subject.Length + 4 + headers.Length + System.Text.Encoding.UTF8.GetByteCount(json) + 8;
    }

    private static string Checks(int count, string plugin, string interval, string events, string prefix = "m") =>
        "checks:\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"  - {{ name: {prefix}{i}, plugin: {plugin}, interval: {interval}, events: {events} }}\n"));

    private static async Task<double> ChecksAsync(ScoutNode node)
    {
        string output = node.Process.Output;
        int at = output.IndexOf("127.0.0.1:", output.IndexOf("ready: ", StringComparison.Ordinal), StringComparison.Ordinal);
        string address = new([.. output[at..].TakeWhile(c => char.IsAsciiDigit(c) || c is '.' or ':')]);
        using var http = new HttpClient();
        string metrics = await http.GetStringAsync(new Uri($"http://{address}/metrics"));
        return metrics.Split('\n').Where(line => line.StartsWith("scout_check_results_total{", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    private static async Task<JsonElement> AnswerAsync(SocketClient client, string action, string args) =>
        await client.AskAsync(action, args) ?? throw new EndOfStreamException("the node closed its socket");

    private static Task Settle(TimeSpan time) => Task.Delay(time, TimeProvider.System);

    private static async Task<string?> CompileAsync(TempFolder folder, string name)
    {
        string source = Path.Combine(Repository.Root, "tests", "Scout.Benchmarks", "native", name + ".c");
        string target = folder.File(name);
        foreach (string[] flags in (string[][])[["-O2", "-static"], ["-O2"]])
        {
            try
            {
                using Process cc = Process.Start(new ProcessStartInfo("cc", [.. flags, "-o", target, source]) { UseShellExecute = false })!;
                await cc.WaitForExitAsync();
                if (cc.ExitCode == 0) return target;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return null;
            }
        }

        return null;
    }
}
