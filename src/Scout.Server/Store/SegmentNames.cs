using System.Globalization;

namespace Scout.Server.Store;

/// <summary>Names of the files in <c>journal/</c>: the number of the first (or last) record as 20 digits.</summary>
internal static class SegmentNames
{
    public static string Log(long first) => first.ToString("D20", CultureInfo.InvariantCulture) + ".log";

    public static string Snapshot(long last) => last.ToString("D20", CultureInfo.InvariantCulture) + ".snap";

    /// <summary>The number in a name with that ending; null for any other name.</summary>
    public static long? Number(string name, string ending)
    {
        if (name.Length != 20 + ending.Length || !name.EndsWith(ending, StringComparison.Ordinal)) return null;
        return long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
    }
}
