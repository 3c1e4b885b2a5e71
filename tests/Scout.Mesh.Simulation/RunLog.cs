using System.Globalization;

namespace Scout.Mesh.Simulation;

/// <summary>
/// Runs that were made, a line each, so that a hundred of each script can be made in as many sittings as it takes: what stands there is not made again. Columns, tab between: script, seed,
/// suspect, confirmed, cleared, fleet time, CPU (seconds), wrong, imprecise (each name ends with a semicolon).
/// </summary>
internal sealed class RunLog
{
    private readonly string path;
    private readonly Dictionary<(string Script, int Seed), RunResult> runs = [];

    public RunLog(string path)
    {
        this.path = path;
        if (!File.Exists(path)) return;
        foreach (string line in File.ReadLines(path))
        {
            string[] cells = line.Split('\t');
            if (cells.Length != 9) continue;
            int seed = int.Parse(cells[1], CultureInfo.InvariantCulture);
            runs[(cells[0], seed)] = new RunResult(
                seed, Number(cells[2]), Number(cells[3]), Names(cells[7]), Names(cells[8]), Number(cells[4]), Number(cells[5]), TimeSpan.FromSeconds(Number(cells[6])));
        }
    }

    public bool Has(FaultScript script, int seed) => runs.ContainsKey((script.Name, seed));

    public void Add(FaultScript script, RunResult run)
    {
        runs[(script.Name, run.Seed)] = run;
        FormattableString line =
            $"{script.Name}\t{run.Seed}\t{run.Suspect:R}\t{run.Confirmed:R}\t{run.Cleared:R}\t{run.FleetSeconds:R}\t{run.Cpu.TotalSeconds:R}\t{Join(run.Wrong)}\t{Join(run.Imprecise)}\n";
        File.AppendAllText(path, line.ToString(CultureInfo.InvariantCulture));
    }

    public ScriptRow? Row(FaultScript script)
    {
        RunResult[] of = [.. runs.Where(one => one.Key.Script == script.Name).Select(static one => one.Value).OrderBy(static one => one.Seed)];
        return of.Length == 0 ? null : new ScriptRow(script, of);
    }

    private static string Join(IReadOnlyList<string> names) => string.Concat(names.Select(static name => name + ";"));

    private static string[] Names(string text) => text.Split(';', StringSplitOptions.RemoveEmptyEntries);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
