using System.Text;

namespace Scout.Traffic.Cgroups;

/// <summary>Where cgroup2 is mounted.</summary>
/// <param name="Path">The mount point.</param>
/// <param name="Root">Which directory of the hierarchy is seen there; <c>/..</c> means another cgroup namespace.</param>
internal readonly record struct CgroupMount(string Path, string Root);

/// <summary>Reads <c>/proc/self/mountinfo</c> (proc(5)).</summary>
internal static class CgroupMounts
{
    public const string Path = "/proc/self/mountinfo";

    /// <summary>Of this process; none where there is no such file.</summary>
    public static IReadOnlyList<CgroupMount> Read()
    {
        try
        {
            return Parse(File.ReadAllText(Path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>All mounts of cgroup2, in the file's order: the mount point is field 5, the type stands behind <c> - </c>.</summary>
    public static IReadOnlyList<CgroupMount> Parse(string mountInfo)
    {
        var mounts = new List<CgroupMount>();
        foreach (string line in mountInfo.Split('\n'))
        {
            int end = line.IndexOf(" - ", StringComparison.Ordinal);
            if (end < 0 || !line.AsSpan(end + 3).StartsWith("cgroup2 ")) continue;
            string[] fields = line[..end].Split(' ');
            if (fields.Length >= 5) mounts.Add(new CgroupMount(Unescape(fields[4]), Unescape(fields[3])));
        }

        return mounts;
    }

    /// <summary>Blanks and the like are written as <c>\040</c>.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\')) return field;
        var text = new StringBuilder();
        for (int i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length && IsOctal(field[i + 1]) && IsOctal(field[i + 2]) && IsOctal(field[i + 3]))
            {
                text.Append((char)((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }

        return text.ToString();

        static bool IsOctal(char c) => c is >= '0' and <= '7';
    }
}
