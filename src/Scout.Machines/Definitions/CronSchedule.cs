#pragma warning disable CA1822 // goes with the implementation
namespace Scout.Machines.Definitions;

/// <summary>A cron line of five fields, or <c>@hourly @daily @weekly @monthly @yearly</c> (machines.md section 8). Pure.</summary>
public sealed class CronSchedule
{
    private CronSchedule(string source) => Source = source;

    /// <summary>As written.</summary>
    public string Source { get; }

    /// <summary>Reads a line; the error has the column of the field.</summary>
    public static bool TryParse(string text, out CronSchedule schedule, out SyntaxError error)
    {
        schedule = new CronSchedule(text);
        error = default;
        throw new InvalidOperationException("not built");
    }

    /// <summary>
    /// The first occurrence strictly after a moment, in a time zone, or null when there is none within five years. A local time that does not exist
    /// occurs at the first instant after the gap, one that comes twice occurs the first time.
    /// </summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        _ = (after, zone);
        throw new InvalidOperationException("not built");
    }
}
