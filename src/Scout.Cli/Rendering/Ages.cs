namespace Scout.Cli.Rendering;

/// <summary>Times as people read them.</summary>
internal static class Ages
{
    /// <summary>The two largest units: <c>12s 3m05s 2h14m 5d3h 140d</c>. Negative spans count as nothing.</summary>
    public static string Span(TimeSpan span)
    {
        if (span < TimeSpan.Zero) span = TimeSpan.Zero;
        if (span.TotalSeconds < 60) return $"{(int)span.TotalSeconds}s";
        if (span.TotalMinutes < 60) return $"{span.Minutes}m{span.Seconds:00}s";
        if (span.TotalHours < 24) return $"{span.Hours}h{span.Minutes:00}m";
        return span.TotalDays < 100 ? $"{span.Days}d{span.Hours}h" : $"{span.Days}d";
    }

    /// <summary>How long something took: <c>0.8ms 12ms 3.4s 2m05s</c>.</summary>
    public static string Took(TimeSpan span) => span.TotalMilliseconds switch
    {
        < 10 => string.Create(null, $"{span.TotalMilliseconds:0.0}ms"),
        < 1000 => string.Create(null, $"{span.TotalMilliseconds:0}ms"),
        < 60_000 => string.Create(null, $"{span.TotalSeconds:0.0}s"),
        _ => Span(span),
    };

    /// <summary>Age of a moment, or <c>-</c>.</summary>
    public static string Since(DateTimeOffset? moment, DateTimeOffset now) => moment is { } at ? Span(now - at) : "-";

    /// <summary>Distance of a coming moment, or <c>-</c>.</summary>
    public static string Until(DateTimeOffset? moment, DateTimeOffset now) => moment is { } at ? Span(at - now) : "-";

    /// <summary>Local time, to the second, with its offset only when it is not obvious: <c>2026-11-21 00:42:51</c>.</summary>
    public static string Local(DateTimeOffset? moment, TimeZoneInfo zone) =>
        moment is { } at ? TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm:ss", null) : "-";

    /// <summary>RFC 3339, UTC, milliseconds: the form of every time in JSON.</summary>
    public static string Rfc3339(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null);
}
