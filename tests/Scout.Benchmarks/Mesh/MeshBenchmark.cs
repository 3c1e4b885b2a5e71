using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Scout.Testing;

namespace Scout.Benchmarks.Mesh;

/// <summary>
/// The mesh against programs in C that do the bare minimum, in alternating rounds of the same minutes (mesh.md 10). CPU is user and system time of one process a side; the
/// figure is the least of the rounds. Scout's side sends on schedule, all day's work done: schedule, slots, deadlines, directions, statistics, kernel stamps.
/// </summary>
internal static class MeshBenchmark
{
    private const int Probes = 4000;

    public static async Task<int> RunAsync(string[] options)
    {
        using var folder = new TempFolder();
        string sources = Path.Combine(Repository.Root, "tests/Scout.Benchmarks/bare");
        string echo = folder.File("udpecho");
        string ping = folder.File("tcpping");
        if (!await CompileAsync(Path.Combine(sources, "udpecho.c"), echo) || !await CompileAsync(Path.Combine(sources, "tcpping.c"), ping))
        {
            Console.WriteLine("skipped: cc missing");
            return 77;
        }

        bool quick = options.Contains("--quick");
        int rounds = quick ? 2 : 5;
        int seconds = quick ? 2 : 4;
        var best = new Dictionary<string, double>(StringComparer.Ordinal);
        long failed = 0;
        long stalled = 0;
        double bytes = double.MaxValue;
        using Process answers = StartOwn("_mesh", "answers");
        int port = (int)(await LineAsync(answers))[0];
        using Process prober = StartOwn("_mesh", "prober");
        _ = await LineAsync(prober);
        await MeasureAsync("warm", 100, 20, 0);
        await MeasureAsync("warm", 100, 0, 100);
        for (int round = 0; round < rounds; round++)
        {
            await BareAsync("bare_udp", echo, ["server"], port => ["client", port, Invariant(Probes * 5)]);
            await BareAsync("bare_tcp", ping, ["server", Invariant(Probes)], port => ["client", port, Invariant(Probes)]);

            // 1000 and 3000 a second by UDP, 500 and 1500 by TCP; a pace is a number of paths.
            (double cpu, double peer, long done) low = await MeasureAsync("udp", 80, 80, 0);
            (double cpu, double peer, long done) high = await MeasureAsync("udp3", 240, 80, 0);
            Keep("udp_slope_client", (high.cpu - low.cpu) / (high.done - low.done));
            Keep("udp_slope_both", (high.cpu + high.peer - low.cpu - low.peer) / (high.done - low.done));
            low = await MeasureAsync("tcp", 50, 0, 100);
            high = await MeasureAsync("tcp3", 150, 0, 100);
            Keep("tcp_slope_both", (high.cpu + high.peer - low.cpu - low.peer) / (high.done - low.done));
        }

        prober.StandardInput.Close();
        answers.StandardInput.Close();
        return Report();

        async Task<(double Cpu, double Peer, long Done)> MeasureAsync(string name, int paths, int udp, int tcp)
        {
            await AskAsync(answers, "mark");
            double[] own = await AskAsync(prober, $"probe {port} {paths} {(udp == 0 ? 60_000 : udp)} {tcp} {seconds}");
            double[] peer = await AskAsync(answers, "mark");
            double done = own[1] + own[2];

            // The peer worked through the two seconds of warming too.
            double share = seconds / (seconds + 2.0);
            if (name != "warm")
            {
                failed += (long)own[3];
                stalled += (long)own[4];
                if (name == "udp3") bytes = Math.Min(bytes, own[5] / done);
                Keep(name + "_client", own[0] / done);
                Keep(name + "_responder", peer[0] * share / done);
                Keep(name + "_both", (own[0] + (peer[0] * share)) / done);
            }

            return (own[0], peer[0] * share, (long)done);
        }

        async Task BareAsync(string name, string program, string[] server, Func<string, string[]> client)
        {
            using Process one = Start(program, server);
            string bound = ((int)(await LineAsync(one))[0]).ToString(CultureInfo.InvariantCulture);
            using Process other = Start(program, client(bound));
            double[] sent = await LineAsync(other);
            double[] answered = await LineAsync(one);
            await Task.WhenAll(one.WaitForExitAsync(), other.WaitForExitAsync());
            Keep(name + "_client", sent[0] / sent[1]);
            Keep(name + "_responder", answered[0] / answered[1]);
            Keep(name + "_both", (sent[0] / sent[1]) + (answered[0] / answered[1]));
        }

        void Keep(string name, double value) => best[name] = best.TryGetValue(name, out double old) ? Math.Min(old, value) : value;

        int Report()
        {
            foreach ((string name, double value) in best.OrderBy(item => item.Key, StringComparer.Ordinal)) Console.WriteLine($"{name,-22} {Invariant(Math.Round(value, 2)),10} us");
            Console.WriteLine($"udp bytes a probe      {Invariant(Math.Round(bytes, 2)),10} B");
            Console.WriteLine($"failed {failed}, stalled or skipped {stalled}");
            bool good = Gate("udp client", best["udp3_client"] / best["bare_udp_client"], 2.5);
            good &= Gate("udp responder", best["udp3_responder"] / best["bare_udp_responder"], 2.5);
            good &= Gate("udp slope", best["udp_slope_both"] / best["bare_udp_both"], 4);
            good &= Gate("tcp client", best["tcp3_client"] / best["bare_tcp_client"], 2);
            good &= Gate("tcp both", best["tcp3_both"] / best["bare_tcp_both"], 4);
            good &= Gate("tcp slope", best["tcp_slope_both"] / best["bare_tcp_both"], 4);
            good &= Gate("udp bytes a probe", Math.Floor(bytes), 0);
            good &= Gate("failed probes", failed, 0);
            Console.WriteLine(JsonSerializer.Serialize(new SortedDictionary<string, double>(best, StringComparer.Ordinal)));
            return good ? 0 : 1;
        }
    }

    internal static bool Gate(string what, double value, double limit)
    {
        bool good = value <= limit;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(good ? "ok    " : "FAILED")} {what,-20} {value,8:0.##}  (at most {limit})"));
        return good;
    }

    private static string Invariant(double number) => number.ToString(CultureInfo.InvariantCulture);

    internal static async Task<double[]> AskAsync(Process worker, string line)
    {
        await worker.StandardInput.WriteLineAsync(line);
        await worker.StandardInput.FlushAsync();
        return await LineAsync(worker);
    }

    internal static async Task<double[]> LineAsync(Process process)
    {
        string line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"{process.StartInfo.FileName} ended");
        return [.. line.Trim().Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
    }

    internal static Process StartOwn(params string[] arguments) => Start(Own(), [.. OwnWords(), .. arguments]);

    private static string Own() => Environment.ProcessPath ?? throw new InvalidOperationException("no path of our own");

    // `dotnet Scout.Benchmarks.dll` and the executable of its own both work.
    private static string[] OwnWords() => Path.GetFileNameWithoutExtension(Own()) == "dotnet" ? [typeof(MeshBenchmark).Assembly.Location] : [];

    private static Process Start(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        foreach (string argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new InvalidOperationException($"{file} does not start");
    }

    private static async Task<bool> CompileAsync(string source, string target)
    {
        try
        {
            using Process compiler = Start("cc", ["-O2", "-o", target, source]);
            await compiler.WaitForExitAsync();
            return compiler.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
