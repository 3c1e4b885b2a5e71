using System.Globalization;

namespace Scout.Traffic.Kernel;

/// <summary>How many CPUs the kernel may ever have: so many values a per-CPU read returns. A buffer for the online ones alone is memory corruption.</summary>
internal static class PossibleCpus
{
    public const string Path = "/sys/devices/system/cpu/possible";

    /// <exception cref="IOException">The kernel does not say.</exception>
    /// <exception cref="FormatException">It says something else.</exception>
    public static int Read() => Count(File.ReadAllText(Path));

    /// <summary>Counts a list such as <c>0-3,8-11</c>: 8.</summary>
    /// <exception cref="FormatException">Not such a list.</exception>
    public static int Count(string list)
    {
        int count = 0;
        foreach (string part in list.Trim().Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !Number(ends[0], out int first) || !Number(ends[^1], out int last) || last < first)
            {
                throw new FormatException($"'{list.Trim()}' is no list of CPUs such as 0-3,8-11");
            }

            count += last - first + 1;
        }

        return count;
    }

    private static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
