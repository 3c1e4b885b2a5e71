using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Scout.Checks.Probes.Dns;

/// <summary>The data of records as text, as a zone file has it (RFC 1035 section 3.3, RFC 2782, RFC 8659).</summary>
internal static class DnsData
{
    /// <summary>False when the data is too short or too long for its type, or a name in it cannot be read.</summary>
    /// <param name="message">All of it: names in data may point into it.</param>
    /// <param name="at">Where the data begins.</param>
    /// <param name="data">The data.</param>
    /// <param name="type">Of the record.</param>
    /// <param name="value">The text.</param>
    public static bool TryRead(ReadOnlySpan<byte> message, int at, ReadOnlySpan<byte> data, DnsType type, out string value)
    {
        value = "";
        ReadOnlySpan<byte> upToEnd = message[..(at + data.Length)];
        switch (type)
        {
            case DnsType.A or DnsType.Aaaa:
                if (data.Length != (type == DnsType.A ? 4 : 16)) return false;
                value = new IPAddress(data).ToString();
                return true;
            case DnsType.Cname or DnsType.Ns or DnsType.Ptr:
                return Name(upToEnd, at, out value);
            case DnsType.Mx:
                if (data.Length < 3 || !Name(upToEnd, at + 2, out string exchange)) return false;
                value = string.Create(CultureInfo.InvariantCulture, $"{Word(data, 0)} {Root(exchange)}");
                return true;
            case DnsType.Srv:
                if (data.Length < 7 || !Name(upToEnd, at + 6, out string target)) return false;
                value = string.Create(CultureInfo.InvariantCulture, $"{Word(data, 0)} {Word(data, 2)} {Word(data, 4)} {Root(target)}");
                return true;
            case DnsType.Soa:
                return Soa(upToEnd, at, out value);
            case DnsType.Txt:
                return Strings(data, out value);
            case DnsType.Caa:
                return Caa(data, out value);
            default:
                // RFC 3597 section 5, cut: of types that nobody asked for.
                value = $"\\# {data.Length} {Convert.ToHexString(data[..Math.Min(32, data.Length)])}";
                return true;
        }
    }

    private static bool Name(ReadOnlySpan<byte> message, int at, out string name) => DnsName.TryRead(message, ref at, out name) && at == message.Length;

    private static bool Soa(ReadOnlySpan<byte> message, int at, out string value)
    {
        value = "";
        if (!DnsName.TryRead(message, ref at, out string primary) || !DnsName.TryRead(message, ref at, out string mail) || message.Length - at != 20) return false;
        ReadOnlySpan<byte> numbers = message[at..];
        var text = new StringBuilder($"{Root(primary)} {Root(mail)}");
        for (int i = 0; i < 5; i++) text.Append(CultureInfo.InvariantCulture, $" {BinaryPrimitives.ReadUInt32BigEndian(numbers[(4 * i)..])}");
        value = text.ToString();
        return true;
    }

    /// <summary>The strings of a TXT record put together, as most programs read it (RFC 7208 section 3.3).</summary>
    private static bool Strings(ReadOnlySpan<byte> data, out string value)
    {
        value = "";
        var text = new StringBuilder(data.Length);
        while (data.Length > 0)
        {
            int length = data[0];
            if (length + 1 > data.Length) return false;
            DnsName.Append(text, data.Slice(1, length), "\\");
            data = data[(length + 1)..];
        }

        value = text.ToString();
        return true;
    }

    private static bool Caa(ReadOnlySpan<byte> data, out string value)
    {
        value = "";
        if (data.Length < 2 || data[1] == 0 || data.Length < 2 + data[1]) return false;
        var text = new StringBuilder(data.Length + 8).Append(CultureInfo.InvariantCulture, $"{data[0]} ");
        DnsName.Append(text, data.Slice(2, data[1]));
        text.Append(" \"");
        DnsName.Append(text, data[(2 + data[1])..], "\"\\");
        value = text.Append('"').ToString();
        return true;
    }

    private static string Root(string name) => name.Length == 0 ? "." : name;

    private static ushort Word(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt16BigEndian(data[at..]);
}
