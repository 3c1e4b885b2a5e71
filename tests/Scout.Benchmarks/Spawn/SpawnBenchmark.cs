using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Scout.Testing;

namespace Scout.Benchmarks.Spawn;

/// <summary>
/// The executor against a loop in C that does the bare minimum, in alternating rounds of the same minute (plugins.md section 11). Gates are ratios; the
/// absolute figures are always shown, and asserted only while the C loop itself reaches 3,600 runs per CPU second.
/// </summary>
internal static class SpawnBenchmark
{
    private const double RateForAbsolutes = 3600;

    public static async Task<int> RunAsync(string[] options)
    {
        using var folder = new TempFolder();
        string sources = Path.Combine(Repository.Root, "tests/Scout.Benchmarks/native");
        string loop = folder.File("spawnloop");
        string trivial = folder.File("trivial");
        if (!await CompileAsync(Path.Combine(sources, "spawnloop.c"), loop))
        {
            Console.WriteLine("skipped: cc missing");
            return 77;
        }

        bool isStatic = await CompileAsync(Path.Combine(sources, "trivial.c"), trivial, "-static");
        if (!isStatic) await CompileAsync(Path.Combine(sources, "trivial.c"), trivial);
        string script = folder.Write("trivial.sh", "#!/bin/sh\necho 'OK trivial script | time=0.001s;1;2;0'\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, (UnixFileMode)0x1ED);

        bool quick = options.Contains("--quick");
        int rounds = quick ? 3 : 11;
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        int worst = 0;
        worst = Math.Max(worst, await CompareAsync("trivial", loop, [trivial], rounds, width: 4, quick ? 0.5 : 0.75, isStatic && !quick, figures));
        if (!quick)
        {
            await CompareAsync("trivial_one_at_a_time", loop, [trivial], rounds, width: 1, 0, absolutes: false, figures);
            worst = Math.Max(worst, await CompareAsync("script", loop, [script], rounds, width: 4, 0.80, absolutes: false, figures));
        }

        Console.WriteLine(JsonSerializer.Serialize(figures));
        return worst;
    }

    private static async Task<int> CompareAsync(string name, string loop, string[] plugin, int rounds, int width, double gate, bool absolutes,
        SortedDictionary<string, double> figures)
    {
        const int runs = 300;
        using Process worker = StartWorker(width, plugin);
        await AskAsync(worker, 2000);
        SpawnFigures all = new();
        for (int attempt = 1; ; attempt++)
        {
            for (int round = 0; round < rounds; round++)
            {
                bool cFirst = round % 2 == 0;
                SpawnRound c = cFirst ? await LoopAsync(loop, plugin, runs) : default;
                SpawnRound scout = await AskAsync(worker, runs);
                if (!cFirst) c = await LoopAsync(loop, plugin, runs);
                if ((int)scout.Runs != runs) throw new InvalidOperationException($"{name}: only {scout.Runs} of {runs} results were right");
                all.Add(c, scout);
            }

            if (all.Spread <= 0.25 || attempt == 3) break;
            all = new SpawnFigures();
        }

        worker.StandardInput.Close();
        await worker.WaitForExitAsync();
        return Report(name, all, gate, absolutes, figures);
    }

    private static int Report(string name, SpawnFigures all, double gate, bool absolutes, SortedDictionary<string, double> figures)
    {
        figures[name + "_ratio"] = Math.Round(all.Ratio, 3);
        figures[name + "_c_per_cpu_s"] = Math.Round(all.CRate);
        figures[name + "_scout_per_cpu_s"] = Math.Round(all.ScoutRate);
        figures[name + "_c_own_us"] = Math.Round(all.COwn, 1);
        figures[name + "_scout_own_us"] = Math.Round(all.ScoutOwn, 1);
        figures[name + "_scout_bytes"] = Math.Round(all.Bytes);
        figures[name + "_scout_wall_us"] = Math.Round(all.ScoutWall);
        figures[name + "_c_spread"] = Math.Round(all.Spread, 3);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name,-24} C {all.CRate,6:0}/CPU s ({all.COwn,5:0.0} us own)  Scout {all.ScoutRate,6:0}/CPU s ({all.ScoutOwn,5:0.0} us own, {all.Bytes,5:0} B)  ratio {all.Ratio:0.00}  own {all.OwnRatio:0.00}"));
        if (gate == 0) return 0;
        if (all.Spread > 0.25)
        {
            Console.WriteLine($"{name}: inconclusive, the C rates spread over {all.Spread:P0}");
            return 0;
        }

        bool good = Gate(name, "ratio", all.Ratio, gate, atLeast: true);
        if (!absolutes) return good ? 0 : 1;
        good &= Gate(name, "own CPU against C", all.OwnRatio, 3.6, atLeast: false);
        good &= Gate(name, "bytes a check", all.Bytes, 2048, atLeast: false);
        if (all.CRate < RateForAbsolutes) return good ? 0 : 1;
        good &= Gate(name, "checks per CPU second", all.ScoutRate, 2700, atLeast: true);
        good &= Gate(name, "own CPU, us", all.ScoutOwn, 120, atLeast: false);
        return good ? 0 : 1;
    }

    private static bool Gate(string name, string what, double value, double limit, bool atLeast)
    {
        bool good = atLeast ? value >= limit : value <= limit;
        if (!good) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: FAILED {what} {value:0.###}, wanted {(atLeast ? "at least" : "at most")} {limit}"));
        return good;
    }

    private static async Task<SpawnRound> LoopAsync(string loop, string[] plugin, int runs)
    {
        using Process process = Start(loop, [runs.ToString(CultureInfo.InvariantCulture), .. plugin]);
        string line = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        double[] words = Numbers(line);
        return new SpawnRound(words[0], words[1], words[2], words[3], 0);
    }

    private static async Task<SpawnRound> AskAsync(Process worker, int runs)
    {
        await worker.StandardInput.WriteLineAsync(runs.ToString(CultureInfo.InvariantCulture));
        await worker.StandardInput.FlushAsync();
        double[] words = Numbers(await worker.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the worker ended"));
        return new SpawnRound(words[0], words[1], words[2], words[3], words[4]);
    }

    private static double[] Numbers(string line) => [.. line.Trim().Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];

    private static Process StartWorker(int width, string[] plugin)
    {
        string[] arguments = ["_spawn", width.ToString(CultureInfo.InvariantCulture), .. plugin];
        string own = Environment.ProcessPath ?? throw new InvalidOperationException("no path of our own");
        // `dotnet Scout.Benchmarks.dll` and the executable of its own both work.
        return Path.GetFileNameWithoutExtension(own) == "dotnet" ? Start(own, [typeof(SpawnBenchmark).Assembly.Location, .. arguments]) : Start(own, arguments);
    }

    private static Process Start(string file, string[] arguments)
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
}
