using System.Text;

namespace Scout.Checks.Output;

/// <summary>From the bytes of a plugin to text (plugins.md section 4, point 2).</summary>
public static class PluginText
{
    /// <summary>
    /// UTF-8 with U+FFFD for every bad sequence, without a leading byte order mark, NUL as U+FFFD. Other control characters stay: whoever shows them
    /// escapes them.
    /// </summary>
    /// <param name="bytes">What was kept.</param>
    /// <param name="truncated">More came than was kept: a sequence cut at the end is removed.</param>
    public static string Decode(ReadOnlySpan<byte> bytes, bool truncated)
    {
        if (truncated) bytes = bytes[..WithoutCutSequence(bytes)];
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) bytes = bytes[3..];
        if (bytes.IsEmpty) return "";
        string text = Encoding.UTF8.GetString(bytes);
        return text.Contains('\0') ? text.Replace('\0', '\uFFFD') : text;
    }

    private static int WithoutCutSequence(ReadOnlySpan<byte> bytes)
    {
        int start = bytes.Length - 1;
        int continuation = 0;
        while (start >= 0 && continuation < 3 && (bytes[start] & 0xC0) == 0x80)
        {
            start--;
            continuation++;
        }

        if (start < 0) return bytes.Length;
        int needed = bytes[start] switch
        {
            >= 0xC2 and <= 0xDF => 1,
            >= 0xE0 and <= 0xEF => 2,
            >= 0xF0 and <= 0xF4 => 3,
            _ => 0,
        };
        return needed > continuation ? start : bytes.Length;
    }
}
