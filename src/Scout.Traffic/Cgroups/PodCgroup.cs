namespace Scout.Traffic.Cgroups;

/// <summary>How a pod's resources are promised.</summary>
public enum PodQos
{
    Guaranteed,
    Burstable,
    BestEffort,
}

/// <summary>What a cgroup's path tells of the pod it belongs to.</summary>
/// <param name="Uid">Lower-case hex 8-4-4-4-12 with <c>-</c>; for a static pod 32 hex digits, the hash of its configuration.</param>
/// <param name="Qos">Guaranteed unless the path says otherwise.</param>
/// <param name="Container">64 hex digits; null for what is the pod's and no container's.</param>
public sealed record PodCgroup(string Uid, PodQos Qos, string? Container)
{
    private const int LongestPath = 4096;
    private const int StaticLength = 32;
    private const int UidLength = 36;
    private const int ContainerLength = 64;
    private static readonly string[] Runtimes = ["cri-containerd", "containerd", "crio", "docker", "libpod"];

    /// <summary>
    /// Reads a path. The innermost segment <c>[prefix-]pod&lt;uid&gt;[.slice][:runtime:id]</c> decides, and <c>kubepods</c> must occur in it or before it; the next segment may
    /// name the container. Null when it is no pod's.
    /// </summary>
    public static PodCgroup? Parse(string path)
    {
        if (path.Length > LongestPath) return null;
        string[] segments = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = segments.Length - 1; i >= 0; i--)
        {
            if (!TryReadPod(segments[i], out string uid, out string? container)) continue;
            if (!segments.Take(i + 1).Any(segment => segment.Contains("kubepods", StringComparison.Ordinal))) continue;
            if (container is null && i + 1 < segments.Length) container = ReadContainer(segments[i + 1]);
            return new PodCgroup(uid, QosOf(segments[i]) ?? (i > 0 ? QosOf(segments[i - 1]) : null) ?? PodQos.Guaranteed, container);
        }

        return null;
    }

    private static PodQos? QosOf(string segment) =>
        segment.Contains("besteffort", StringComparison.Ordinal) ? PodQos.BestEffort
        : segment.Contains("burstable", StringComparison.Ordinal) ? PodQos.Burstable : null;

    private static bool TryReadPod(string segment, out string uid, out string? container)
    {
        uid = "";
        container = null;
        int colon = segment.IndexOf(':');
        string name = colon < 0 ? segment : segment[..colon];
        if (colon >= 0)
        {
            string[] parts = segment[(colon + 1)..].Split(':');
            if (parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0) return false;
            if (Array.IndexOf(Runtimes, parts[0]) >= 0 && IsHex(parts[1], ContainerLength)) container = parts[1];
        }

        if (name.EndsWith(".slice", StringComparison.Ordinal)) name = name[..^".slice".Length];
        int at = name.LastIndexOf("pod", StringComparison.Ordinal);
        if (at < 0 || (at > 0 && name[at - 1] != '-')) return false;
        string text = name[(at + 3)..];
        if (IsHex(text, StaticLength))
        {
            uid = text;
            return true;
        }

        if (text.Length != UidLength || text[8] is not ('-' or '_')) return false;
        char mark = text[8];
        for (int i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != mark : !char.IsAsciiHexDigitLower(text[i])) return false;
        }

        uid = text.Replace('_', '-');
        return true;
    }

    /// <summary><c>[runtime(-|:)]&lt;64 hex&gt;[.scope]</c>.</summary>
    private static string? ReadContainer(string segment)
    {
        string name = segment.EndsWith(".scope", StringComparison.Ordinal) ? segment[..^".scope".Length] : segment;
        if (name.Length < ContainerLength || !IsHex(name[^ContainerLength..], ContainerLength)) return null;
        string before = name[..^ContainerLength];
        bool known = before.Length == 0 || (before[^1] is '-' or ':' && Array.IndexOf(Runtimes, before[..^1]) >= 0);
        return known ? name[^ContainerLength..] : null;
    }

    private static bool IsHex(string text, int length) => text.Length == length && text.All(char.IsAsciiHexDigitLower);
}
