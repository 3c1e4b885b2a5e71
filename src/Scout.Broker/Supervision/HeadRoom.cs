using System.Globalization;

namespace Scout.Broker.Supervision;

/// <summary>Whether the machine has room for what the server may need (security.md 13): disk for its streams, descriptors for its connections.</summary>
internal static class HeadRoom
{
    /// <summary>What <c>max_connections</c> in the configuration says.</summary>
    public const int MaxConnections = 65_536;

    /// <summary>Descriptors beside those of connections: files of streams, pipes, listeners.</summary>
    public const int OtherFiles = 1000;

    private const long LeastDisk = 1L << 30;
    private const double LeastShare = 0.05;

    /// <summary>What runs short, in words for people; empty when nothing does.</summary>
    /// <param name="store">Folder of the streams.</param>
    /// <param name="pid">Of nats-server.</param>
    public static IReadOnlyList<string> Look(string store, int pid)
    {
        List<string> words = [];
        if (Disk(store) is var (free, total) && WhyFull(free, total) is { } full) words.Add($"{store}: {full}");
        if (OpenFiles(pid) is { } limit && limit < MaxConnections + OtherFiles)
        {
            words.Add(string.Create(CultureInfo.InvariantCulture, $"nats-server may open {limit} files, and {MaxConnections + OtherFiles} are due for {MaxConnections} connections (LimitNOFILE of the unit, or ulimit -n)"));
        }

        return words;
    }

    /// <summary>Null while there is room.</summary>
    public static string? WhyFull(long free, long total) => free < LeastDisk || free < total * LeastShare
        ? string.Create(CultureInfo.InvariantCulture, $"{free >> 20} MiB of {total >> 20} MiB are left on this disk")
        : null;

    /// <summary>The soft limit in the text of <c>/proc/PID/limits</c>; null when it cannot be told.</summary>
    public static long? OpenFiles(string limits)
    {
        foreach (string line in limits.Split('\n'))
        {
            if (!line.StartsWith("Max open files", StringComparison.Ordinal)) continue;
            string[] words = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) return null;
            return words[0] == "unlimited" ? long.MaxValue : long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out long limit) ? limit : null;
        }

        return null;
    }

    private static long? OpenFiles(int pid)
    {
        try
        {
            return OpenFiles(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/limits")));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static (long Free, long Total)? Disk(string store)
    {
        try
        {
            var drive = new DriveInfo(store);
            return (drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
