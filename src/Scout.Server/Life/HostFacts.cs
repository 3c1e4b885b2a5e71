using System.Globalization;
using Scout.Server.Native;

namespace Scout.Server.Life;

/// <summary>What the running kernel says of itself.</summary>
internal static class HostFacts
{
    /// <summary>Differs with each boot; empty when unknown.</summary>
    public static string BootId() => ReadLine("/proc/sys/kernel/random/boot_id");

    /// <summary>When the host booted, wall clock; null when unknown.</summary>
    public static DateTimeOffset? BootedAt()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/stat"))
            {
                if (line.StartsWith("btime ", StringComparison.Ordinal)) return DateTimeOffset.FromUnixTimeSeconds(long.Parse(line.AsSpan(6), CultureInfo.InvariantCulture));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
        {
            // Unknown.
        }

        return null;
    }

    /// <summary>CLOCK_MONOTONIC in microseconds, as systemd wants it.</summary>
    public static unsafe long MonotonicMicroseconds()
    {
        Libc.TimeSpec now = default;
        _ = Libc.ClockGetTime(1, &now);
        return now.Seconds * 1_000_000 + now.Nanoseconds / 1000;
    }

    private static string ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
