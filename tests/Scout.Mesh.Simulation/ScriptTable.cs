using System.Globalization;
using System.Text;

namespace Scout.Mesh.Simulation;

/// <summary>Several runs of a script as a row.</summary>
internal sealed record ScriptRow(FaultScript Script, IReadOnlyList<RunResult> Runs)
{
    public double SuspectP50 => Quantile(0.5, static run => run.Suspect);

    public double ConfirmedP50 => Quantile(0.5, static run => run.Confirmed);

    public double ConfirmedP99 => Quantile(0.99, static run => run.Confirmed);

    public int Wrong => Runs.Count(static run => run.Wrong.Count > 0);

    public int Imprecise => Runs.Count(static run => run.Imprecise.Count > 0);

    /// <summary>Why it does not pass; empty when it does.</summary>
    public IReadOnlyList<string> Failures()
    {
        List<string> failures = [];
        Expectation expect = Script.Expect;
        foreach (RunResult run in Runs)
        {
            foreach (string wrong in run.Wrong) failures.Add($"seed {run.Seed}: wrong: {wrong}");
            if (!expect.Imprecise) failures.AddRange(run.Imprecise.Select(one => $"seed {run.Seed}: imprecise: {one}"));
            if (expect.ClearedWithin is { } within && run.Cleared > within) failures.Add(string.Create(CultureInfo.InvariantCulture, $"seed {run.Seed}: cleared after {run.Cleared:0.0} s, wanted {within:0.0}"));
        }

        if (expect.Imprecise && Imprecise > Math.Max(1, Runs.Count * 0.02)) failures.AddRange(Runs.SelectMany(static run => run.Imprecise.Select(one => $"seed {run.Seed}: imprecise: {one}")));
        if (Runs.Count >= 5 && expect.P50 is { } p50 && ConfirmedP50 > p50) failures.Add(string.Create(CultureInfo.InvariantCulture, $"confirmed p50 {ConfirmedP50:0.0} s, gate {p50:0.0}"));
        if (expect.P99 is { } p99 && ConfirmedP99 > p99) failures.Add(string.Create(CultureInfo.InvariantCulture, $"confirmed p99 {ConfirmedP99:0.0} s, gate {p99:0.0}"));
        return failures;
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Script.Name} | {Runs.Count} | {Time(SuspectP50)} | {Time(ConfirmedP50)} / {Time(ConfirmedP99)} | {Gate()} | {Wrong} | {Imprecise} | {Runs.Average(static run => run.Cpu.TotalSeconds):0.0} s for {Runs.Average(static run => run.FleetSeconds):0} |");

    private string Gate() => Script.Expect switch
    {
        { Confirmed.Count: 0, Killed: false } => "none",
        { P50: { } p50, P99: { } p99 } => string.Create(CultureInfo.InvariantCulture, $"{p50:0.#} / {p99:0.#} s"),
        { P50: { } p50 } => string.Create(CultureInfo.InvariantCulture, $"{p50:0.#} s / -"),
        _ => "-",
    };

    private string Time(double seconds) => Script.Expect is { Confirmed.Count: 0, Killed: false } ? "none" : double.IsInfinity(seconds) ? "never" : seconds.ToString("0.0 s", CultureInfo.InvariantCulture);

    private double Quantile(double share, Func<RunResult, double> of)
    {
        double[] sorted = [.. Runs.Select(of).Order()];
        return sorted[(int)Math.Ceiling(share * (sorted.Length - 1))];
    }
}

/// <summary>The scripts that ship, and the table of them.</summary>
internal static class ScriptTable
{
    public const string Head = "| script | runs | suspect p50 | confirmed p50 / p99 | gate | wrong | imprecise | CPU |\n|---|---|---|---|---|---|---|---|";

    public static IReadOnlyList<FaultScript> Scripts(string folder) => [.. Directory.GetFiles(folder, "*.yaml").Order(StringComparer.Ordinal).SelectMany(static file => FaultScriptReader.Read(File.ReadAllText(file)))];

    public static ScriptRow Run(FaultScript script, int firstSeed, int runs) => new(script, [.. Enumerable.Range(firstSeed, runs).Select(seed => ScriptRun.Run(script, seed))]);

    public static string Write(IEnumerable<ScriptRow> rows)
    {
        var text = new StringBuilder(Head).Append('\n');
        foreach (ScriptRow row in rows) text.Append(row).Append('\n');
        return text.ToString();
    }
}
