using System.Globalization;
using Scout.Mesh.Simulation;
using Scout.Testing;

namespace Scout.Benchmarks.Mesh;

/// <summary>
/// The localiser's table (mesh.md 10): each script with many seeds, in virtual time. <c>mesh-sim --runs 100 --only "node dead|quiet"</c>; without <c>--runs</c> five. With <c>--log FILE</c> runs are
/// kept, one seed of each script after the other, for at most <c>--minutes</c> of processor time; what the file has is not run again, and the table is of all of it.
/// </summary>
internal static class MeshSimBenchmark
{
    public static Task<int> RunAsync(string[] args)
    {
        int runs = Number(args, "--runs", 5);
        int seed = Number(args, "--seed", 1);
        TimeSpan most = TimeSpan.FromMinutes(Number(args, "--minutes", 100_000));
        string? only = Option(args, "--only");
        string folder = Path.Combine(Repository.Root, "tests", "Scout.Mesh.Simulation", "scripts");
        FaultScript[] scripts = [.. ScriptTable.Scripts(folder).Where(one => only is null || only.Split('|').Any(part => one.Name.Contains(part, StringComparison.Ordinal)))];
        Console.WriteLine(ScriptTable.Head);
        int failed = Option(args, "--log") is { } log ? Kept(scripts, new RunLog(log), seed, runs, most) : scripts.Count(script => !Show(ScriptTable.Run(script, seed, runs)));
        Console.WriteLine($"{{\"benchmark\":\"mesh-sim\",\"runs\":{runs},\"rows\":{scripts.Length},\"failed\":{failed},\"ok\":{(failed == 0 ? "true" : "false")}}}");
        return Task.FromResult(failed == 0 ? 0 : 1);
    }

    private static int Kept(FaultScript[] scripts, RunLog log, int firstSeed, int runs, TimeSpan most)
    {
        foreach (int seed in Enumerable.Range(firstSeed, runs))
        {
            foreach (FaultScript script in scripts)
            {
                if (Environment.CpuUsage.TotalTime >= most) break;
                if (!log.Has(script, seed)) log.Add(script, ScriptRun.Run(script, seed));
            }
        }

        return scripts.Select(log.Row).OfType<ScriptRow>().Count(static row => !Show(row));
    }

    private static bool Show(ScriptRow row)
    {
        Console.WriteLine(row);
        IReadOnlyList<string> failures = row.Failures();
        foreach (string failure in failures) Console.WriteLine($"  FAILED {failure}");
        return failures.Count == 0;
    }

    private static int Number(string[] args, string name, int otherwise) => Option(args, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static string? Option(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
