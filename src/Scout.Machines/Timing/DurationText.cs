using Scout.Ground;

namespace Scout.Machines.Timing;

/// <summary>Durations as definitions and configuration write them (machines.md 1.1): <c>500ms</c>, <c>1h30m</c>, <c>1.5d</c>; <see cref="DurationGrammar"/> has the grammar.</summary>
public static class DurationText
{
    /// <summary>The longest duration: 10 y.</summary>
    public static readonly TimeSpan Longest = DurationGrammar.Longest;

    /// <summary>Reads a duration.</summary>
    /// <param name="text">Such as <c>1h30m</c>.</param>
    /// <param name="duration">Whole milliseconds, 0 to 10 y.</param>
    public static bool TryParse(string text, out TimeSpan duration) => DurationGrammar.TryParse(text, out duration);

    /// <summary>Reads a duration; the error says what is wrong at which column.</summary>
    public static bool TryParse(string text, out TimeSpan duration, out Definitions.SyntaxError error)
    {
        bool good = DurationGrammar.TryParse(text, out duration, out DurationMistake mistake);
        error = good ? default : new Definitions.SyntaxError(mistake.Column, mistake.Message, mistake.Hint);
        return good;
    }

    /// <summary>The shortest usual form, read back as the same: <c>500ms</c>, <c>1m30s</c>, <c>24h</c>, <c>7d</c>; <c>0</c> is <c>0</c>.</summary>
    public static string Format(TimeSpan duration) => DurationGrammar.Format(duration);
}
