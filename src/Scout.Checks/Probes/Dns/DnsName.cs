using System.Globalization;
using System.Net;
using System.Text;

namespace Scout.Checks.Probes.Dns;

/// <summary>Names on the wire and as text (RFC 1035 sections 3.1, 4.1.4 and 5.1). Text has no final dot; odd octets are <c>\DDD</c>, dots inside labels <c>\.</c>.</summary>
internal static class DnsName
{
    /// <summary>Octets of a name on the wire.</summary>
    public const int Longest = 255;

    private const int LongestLabel = 63;
    private const int Pointer = 0xC0;

    /// <summary>Whether a text can be asked for: labels of 1 to 63 printable ASCII characters without a backslash, 253 characters in all; <c>.</c> is the root.</summary>
    public static bool IsName(string text)
    {
        string name = Plain(text);
        if (name.Length == 0) return text == ".";
        if (name.Length > Longest - 2) return false;
        foreach (string label in name.Split('.'))
        {
            if (label.Length is 0 or > LongestLabel || label.Any(letter => letter is <= ' ' or '\\' or > '~')) return false;
        }

        return true;
    }

    /// <summary>Without the final dot: names are absolute anyway.</summary>
    public static string Plain(string text) => text.EndsWith('.') ? text[..^1] : text;

    /// <summary>The name that has the PTR record of an address (RFC 1035 section 3.5, RFC 3596 section 2.5).</summary>
    public static string Reverse(IPAddress address)
    {
        byte[] octets = address.GetAddressBytes();
        var name = new StringBuilder(80);
        for (int i = octets.Length - 1; i >= 0; i--)
        {
            if (octets.Length == 4) name.Append(CultureInfo.InvariantCulture, $"{octets[i]}.");
            else name.Append(CultureInfo.InvariantCulture, $"{octets[i] & 0xF:x}.{octets[i] >> 4:x}.");
        }

        return name.Append(octets.Length == 4 ? "in-addr.arpa" : "ip6.arpa").ToString();
    }

    /// <summary>Writes a name for which <see cref="IsName"/> holds; returns its octets.</summary>
    public static int Write(string text, Span<byte> to)
    {
        string name = Plain(text);
        int at = 0;
        if (name.Length > 0)
        {
            foreach (string label in name.Split('.'))
            {
                to[at++] = (byte)label.Length;
                at += Encoding.ASCII.GetBytes(label, to[at..]);
            }
        }

        to[at++] = 0;
        return at;
    }

    /// <summary>
    /// Reads a name at <paramref name="at"/> and, when there is one, moves behind it. A pointer must point before the place where the part of the name began that holds it, so every jump goes
    /// back and reading ends; a name longer than 255 octets is none.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, ref int at, out string name)
    {
        name = "";
        var text = new StringBuilder(64);
        int from = at;
        int partStart = at;
        int octets = 1;
        int behind = -1;
        while (true)
        {
            if (from >= message.Length) return false;
            int length = message[from];
            if ((length & Pointer) == Pointer)
            {
                if (from + 1 >= message.Length) return false;
                int target = ((length & 0x3F) << 8) | message[from + 1];
                if (target >= partStart) return false;
                if (behind < 0) behind = from + 2;
                from = partStart = target;
                continue;
            }

            // 01 and 10 in the upper bits mean nothing today (RFC 6891 section 5).
            if (length > LongestLabel) return false;
            from++;
            if (length == 0) break;
            octets += length + 1;
            if (octets > Longest || from + length > message.Length) return false;
            if (text.Length > 0) text.Append('.');
            Append(text, message.Slice(from, length));
            from += length;
        }

        at = behind < 0 ? from : behind;
        name = text.ToString();
        return true;
    }

    /// <summary>Octets as text: printable ASCII as it is, the rest escaped.</summary>
    public static void Append(StringBuilder text, ReadOnlySpan<byte> octets, string special = ".\\")
    {
        foreach (byte octet in octets)
        {
            char letter = (char)octet;
            if (letter is <= ' ' or > '~' && !(letter == ' ' && special != ".\\")) text.Append(CultureInfo.InvariantCulture, $"\\{octet:000}");
            else if (special.Contains(letter)) text.Append('\\').Append(letter);
            else text.Append(letter);
        }
    }
}
