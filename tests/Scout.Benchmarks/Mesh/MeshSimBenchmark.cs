using System.Globalization;
using Scout.Mesh.Simulation;
using Scout.Testing;

namespace Scout.Benchmarks.Mesh;

/// <summary>
/// The localiser's table (mesh.md 10): each script with many seeds, in virtual time. <c>mesh-sim --runs 100 --only "node dead"</c>; without <c>--runs</c> five.
/// </summary>
internal static class MeshSimBenchmark
{
    public static Task<int> RunAsync(string[] args)
    {
        int runs = Option(args, "--runs") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 5;
        int seed = Option(args, "--seed") is { } first ? int.Parse(first, CultureInfo.InvariantCulture) : 1;
        string? only = Option(args, "--only");
        string folder = Path.Combine(Repository.Root, "tests", "Scout.Mesh.Simulation", "scripts");
        int failed = 0;
        int rows = 0;
        Console.WriteLine(ScriptTable.Head);
        foreach (FaultScript script in ScriptTable.Scripts(folder))
        {
            if (only is not null && !script.Name.Contains(only, StringComparison.Ordinal)) continue;
            ScriptRow row = ScriptTable.Run(script, seed, runs);
            Console.WriteLine(row);
            foreach (string failure in row.Failures()) Console.WriteLine($"  FAILED {failure}");
            rows++;
            if (row.Failures().Count > 0) failed++;
        }

        Console.WriteLine($"{{\"benchmark\":\"mesh-sim\",\"runs\":{runs},\"rows\":{rows},\"failed\":{failed},\"ok\":{(failed == 0 ? "true" : "false")}}}");
        return Task.FromResult(failed == 0 ? 0 : 1);
    }

    private static string? Option(string[] args, string name)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : null;
    }
}
