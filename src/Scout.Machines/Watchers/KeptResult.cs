using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Watchers;

/// <summary>Cuts an outcome to what is kept of it.</summary>
internal static class KeptResult
{
    public const int LongestText = 1024;
    public const int LongestLongText = 4096;
    public const int MostNumbers = 512;

    public static LastResult Of(RunOutcome outcome) => new()
    {
        Status = outcome.Status,
        Reason = outcome.Reason,
        Output = Cut(outcome.Output.Text, LongestText),
        LongOutput = Cut(outcome.Output.LongText, LongestLongText),
        PerfData = outcome.Output.PerfData.Count <= MostNumbers ? outcome.Output.PerfData : [.. outcome.Output.PerfData.Take(MostNumbers)],
        ExitCode = outcome.ExitCode,
        StartedAt = outcome.StartedAt,
        Duration = outcome.Duration,
    };

    /// <summary>The first characters of a text; a surrogate pair is not torn.</summary>
    public static string Cut(string text, int most)
    {
        if (text.Length <= most) return text;
        return char.IsHighSurrogate(text[most - 1]) ? text[..(most - 1)] : text[..most];
    }
}
