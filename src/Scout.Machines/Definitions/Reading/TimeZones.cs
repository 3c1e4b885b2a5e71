namespace Scout.Machines.Definitions.Reading;

/// <summary>The system's tz database.</summary>
internal static class TimeZones
{
    /// <summary>A zone by its IANA name, or null. The name becomes part of a path in the runtime, so only its letters pass.</summary>
    public static TimeZoneInfo? Find(string name)
    {
        if (name is "UTC" or "Etc/UTC") return TimeZoneInfo.Utc;
        if (name.Length is 0 or > 64 || name[0] == '/' || name.Contains("..", StringComparison.Ordinal)) return null;
        foreach (char letter in name)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '-' or '+' or '/')) return null;
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone) ? zone : null;
    }
}
