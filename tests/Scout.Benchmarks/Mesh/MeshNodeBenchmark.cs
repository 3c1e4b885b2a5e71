using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.Benchmarks.Mesh;

/// <summary>A whole server that does nothing but the mesh, with a fleet of 100, 1,000 and 10,000 peers on 127/8: processor, memory and series, from outside (mesh.md 10).</summary>
internal static partial class MeshNodeBenchmark
{
    public static async Task<int> RunAsync(string[] options)
    {
        bool quick = options.Contains("--quick");
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        // The runtime compiles what is hot anew for most of the first minute.
        foreach (int peers in new[] { 1000, 100, 10_000 }) await MeasureAsync(peers, quick ? 8 : 60, quick ? 10 : 30, figures);
        foreach ((string name, double value) in figures) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-24} {value,10:0.##}"));
        bool good = Gate("mCPU, 1000 peers", figures["01000_mcpu"], 5);
        good &= Gate("RSS, MB, 1000 peers", figures["01000_rss_mb"], 60);
        good &= Gate("series, 1000 peers", figures["01000_series"], 300);
        good &= Gate("mCPU, 100 to 1000", Apart(figures["00100_mcpu"], figures["01000_mcpu"]), 1.2);
        good &= Gate("mCPU, 1000 to 10 000", Apart(figures["10000_mcpu"], figures["01000_mcpu"]), 1.2);
        good &= Gate("RSS, 1000 to 10 000", Apart(figures["10000_rss_mb"], figures["01000_rss_mb"]), 1.2);
        Console.WriteLine(JsonSerializer.Serialize(figures));
        return good ? 0 : 1;
    }

    private static async Task MeasureAsync(int peers, int settle, int seconds, SortedDictionary<string, double> figures)
    {
        using var folder = new TempFolder();
        using Process others = MeshBenchmark.StartOwn("_meshpeers");
        int port = (int)(await MeshBenchmark.LineAsync(others))[0];
        var list = new StringBuilder();
        for (int i = 0; i < peers; i++)
            list.Append(CultureInfo.InvariantCulture, $"- {{ name: n{i}, address: {MeshPeersWorker.AddressOf(i)}, port: {port}, zone: z{i % 5} }}\n");
        string file = folder.Write("peers.yaml", list.ToString());
        int own = ScoutExecutable.FreePort();
        await using ScoutNode node = ScoutNode.Create(
            folder, "bench", broker: null, $"mesh: {{ enabled: true, listen: {{ address: 127.0.0.1, port: {own} }}, peers: {{ sources: [{{ file: {file} }}] }} }}\n");
        await node.StartAsync();
        await MeshBenchmark.AskAsync(others, $"probe {own} bench");
        await Task.Delay(TimeSpan.FromSeconds(settle), TimeProvider.System);
        TimeSpan before = node.Process.CpuTime();
        long start = TimeProvider.System.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        double wall = TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
        string prefix = peers.ToString("00000", CultureInfo.InvariantCulture);
        figures[prefix + "_mcpu"] = (node.Process.CpuTime() - before).TotalMilliseconds / wall * 1000;
        figures[prefix + "_rss_mb"] = node.Process.ResidentBytes() / 1e6;
        string page = await MetricsAsync(node);
        string[] series = [.. page.Split('\n').Where(line => line.StartsWith("scout_mesh_", StringComparison.Ordinal))];
        figures[prefix + "_series"] = series.Length;
        figures[prefix + "_ok"] = Sum(series, "result=\"ok\"");
        figures[prefix + "_fail"] = Sum(series, "result=\"fail\"");
        await node.StopAsync();
        others.StandardInput.Close();
    }

    private static double Sum(string[] series, string label) => series
        .Where(line => line.StartsWith("scout_mesh_probes_total{", StringComparison.Ordinal) && line.Contains(label, StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    private static async Task<string> MetricsAsync(ScoutNode node)
    {
        Match match = Address().Match(node.Process.Output);
        if (!match.Success) throw new InvalidOperationException($"no address of the metrics in: {node.Process.Output}");
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri($"http://{match.Value}/metrics"));
    }

    private static double Apart(double a, double b) => Math.Max(a, b) / Math.Min(a, b);

    private static bool Gate(string what, double value, double limit) => MeshBenchmark.Gate(what, value, limit);

    [GeneratedRegex(@"(?<=http\D*)127\.0\.0\.1:\d+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
