using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Scout.Benchmarks.Measuring;
using Scout.Testing;

namespace Scout.Benchmarks.Probe;

/// <summary>
/// Native probes against a bare C probe that connects, asks and closes (mesh.md section 10), and against the loop in C that spawns a plugin (plugins.md section 11),
/// in alternating rounds of the same minute. Gates are ratios of CPU time, both sides counted.
/// </summary>
internal static class ProbeBenchmark
{
    private const int Runs = 2000;

    public static async Task<int> RunAsync(string[] options)
    {
        using var folder = new TempFolder();
        string root = Path.Combine(Repository.Root, "tests/Scout.Benchmarks");
        string bare = folder.File("tcpget");
        string loop = folder.File("spawnloop");
        string trivial = folder.File("trivial");
        if (!await CompileAsync(Path.Combine(root, "bare/tcpget.c"), bare, "-pthread"))
        {
            Console.WriteLine("skipped: cc missing");
            return 77;
        }

        await CompileAsync(Path.Combine(root, "native/spawnloop.c"), loop);
        if (!await CompileAsync(Path.Combine(root, "native/trivial.c"), trivial, "-static")) await CompileAsync(Path.Combine(root, "native/trivial.c"), trivial);

        bool quick = options.Contains("--quick");
        int rounds = quick ? 3 : 7;
        using Process server = Start(bare, "serve");
        string port = (await server.StandardOutput.ReadLineAsync())!;
        string tcp = $"tcp: {{ host: 127.0.0.1, port: {port} }}";
        string http = $"http: {{ url: 'http://127.0.0.1:{port}/mesh/ping' }}";
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        bool good = true;
        foreach ((string name, string mode, string probe, double gate, bool spawn) in new[]
        {
            ("tcp_alone", "alone", tcp, 0d, false), ("http_alone", "alone", http, 0d, false), ("tcp_check", "checks", tcp, 4d, true), ("http_check", "checks", http, 10d, false),
        })
        {
            var row = new Row(name);
            using Process worker = StartWorker(mode, probe);
            await AskAsync(worker, quick ? 3000 : 8000);
            for (int round = 0; round < rounds; round++)
            {
                row.Bare.Add(await BothSidesAsync(server, () => ClientAsync(bare, port)));
                row.Scout.Add(await BothSidesAsync(server, () => AskAsync(worker, Runs)));
                if (spawn) row.Spawn.Add(await LoopAsync(loop, trivial, quick ? 200 : 400));
            }

            worker.StandardInput.Close();
            await worker.WaitForExitAsync();
            good &= row.Report(gate, figures);
        }

        server.StandardInput.Close();
        await server.WaitForExitAsync();
        Console.WriteLine(JsonSerializer.Serialize(figures));
        return good ? 0 : 1;
    }

    /// <summary>One run of a side: results, CPU of the client and of the server, wall time, bytes.</summary>
    private readonly record struct Side(double Count, double Client, double Server, double Wall, double Bytes)
    {
        public double Each => (Client + Server) / Count;
    }

    private static async Task<Side> BothSidesAsync(Process server, Func<Task<Side>> client)
    {
        double before = await UsedAsync(server);
        Side side = await client();
        return side with { Server = await UsedAsync(server) - before };
    }

    private static async Task<double> UsedAsync(Process server)
    {
        await server.StandardInput.WriteLineAsync();
        await server.StandardInput.FlushAsync();
        return double.Parse((await server.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    private static async Task<Side> ClientAsync(string bare, string port)
    {
        using Process client = Start(bare, "ask", port, Runs.ToString(CultureInfo.InvariantCulture));
        double[] words = Numbers(await client.StandardOutput.ReadToEndAsync());
        await client.WaitForExitAsync();
        return new Side(words[0], words[1], 0, words[2], 0);
    }

    private static async Task<Side> AskAsync(Process worker, int runs)
    {
        await worker.StandardInput.WriteLineAsync(runs.ToString(CultureInfo.InvariantCulture));
        await worker.StandardInput.FlushAsync();
        double[] words = Numbers(await worker.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the worker ended"));
        if (words[0] < runs) throw new InvalidOperationException($"only {words[0]} of {runs} results were OK");
        return new Side(words[0], words[1], 0, words[2], words[3]);
    }

    // Runs a CPU second, its own and that of its children together.
    private static async Task<double> LoopAsync(string loop, string plugin, int runs)
    {
        using Process process = Start(loop, runs.ToString(CultureInfo.InvariantCulture), plugin);
        double[] words = Numbers(await process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        return words[0] / (words[1] + words[2]) * 1_000_000;
    }

    private static double[] Numbers(string line) => [.. line.Trim().Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];

    private static Process StartWorker(params string[] arguments)
    {
        string own = Environment.ProcessPath ?? throw new InvalidOperationException("no path of our own");
        return Path.GetFileNameWithoutExtension(own) == "dotnet" ? Start(own, [typeof(ProbeBenchmark).Assembly.Location, "_probe", .. arguments]) : Start(own, ["_probe", .. arguments]);
    }

    private static Process Start(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        // What an agent is shipped with (docs/performance.md).
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }

    private static async Task<bool> CompileAsync(string source, string target, params string[] more)
    {
        try
        {
            using Process compiler = Process.Start(new ProcessStartInfo("cc", ["-O2", .. more, "-o", target, source]) { UseShellExecute = false, RedirectStandardError = true })!;
            await compiler.StandardError.ReadToEndAsync();
            await compiler.WaitForExitAsync();
            return compiler.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>One row of the table. Of what neighbours disturb the minimum says most (mesh.md section 10).</summary>
    private sealed class Row(string name)
    {
        public List<Side> Bare { get; } = [];

        public List<Side> Scout { get; } = [];

        public List<double> Spawn { get; } = [];

        public bool Report(double gate, SortedDictionary<string, double> figures)
        {
            double bare = Bare.Min(side => side.Each);
            Side best = Scout.MinBy(side => side.Each);
            double client = best.Client / best.Count;
            double ratio = best.Each / bare;
            double rate = 1_000_000 / Scout.Min(side => side.Client / side.Count);
            double bytes = Scout.Min(side => side.Bytes / side.Count);
            figures[name + "_us"] = Math.Round(client, 1);
            figures[name + "_both_us"] = Math.Round(best.Each, 1);
            figures[name + "_bare_us"] = Math.Round(bare, 1);
            figures[name + "_ratio"] = Math.Round(ratio, 2);
            figures[name + "_per_cpu_s"] = Math.Round(rate);
            figures[name + "_bytes"] = Math.Round(bytes);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-12} bare {bare,5:0.0} us both sides  Scout {client,6:0.0} us own, {best.Each,6:0.0} us both sides, {bytes,6:0} B  ratio {ratio:0.00}  {rate,6:0} a CPU s"));
            bool good = gate == 0 || Gate("both sides against bare", ratio, gate, atLeast: false);
            if (Spawn.Count == 0) return good;
            double spawn = Quantiles.Median(Spawn);
            double against = 1_000_000 / Quantiles.Median(Scout.Select(side => side.Client / side.Count)) / spawn;
            figures[name + "_spawn_per_cpu_s"] = Math.Round(spawn);
            figures[name + "_spawn_ratio"] = Math.Round(against, 2);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-12} C spawn loop {spawn:0} a CPU s, ratio {against:0.00}"));
            good &= Gate("against the C spawn loop", against, 2.8, atLeast: true);
            // Absolute figures count only while the machine is quiet enough for the C loop to reach its own.
            return spawn < 3600 ? good : good & Gate("checks per CPU second", rate, 10_000, atLeast: true);
        }

        private bool Gate(string what, double value, double limit, bool atLeast)
        {
            bool good = atLeast ? value >= limit : value <= limit;
            if (!good) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: FAILED {what} {value:0.##}, wanted {(atLeast ? "at least" : "at most")} {limit}"));
            return good;
        }
    }
}
