using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Scout.Protocol.CloudEvents;

/// <summary>Attribute values in headers: percent-encoding as the HTTP, Kafka and NATS bindings of CloudEvents have it (nats.md 13).</summary>
public static class HeaderValue
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Encodes space, <c>"</c>, <c>%</c> and all outside U+0021 to U+007E, as UTF-8, in upper-case hex.</summary>
    /// <exception cref="EncoderFallbackException">A lone surrogate.</exception>
    public static string Encode(string value)
    {
        byte[] bytes = Strict.GetBytes(value);
        var text = new StringBuilder(bytes.Length + 8);
        foreach (byte b in bytes)
        {
            if (b is > 0x20 and < 0x7F and not ((byte)'"' or (byte)'%')) text.Append((char)b);
            else text.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return text.ToString();
    }

    /// <summary>Unquotes a quoted string, then decodes once. A percent sign without two hex digits, or bytes that are no UTF-8, are refused.</summary>
    public static bool TryDecode(string value, [NotNullWhen(true)] out string? text)
    {
        text = null;
        string plain = value.Trim(' ', '\t');
        if (plain.StartsWith('"'))
        {
            if (!TryUnquote(plain, out string? unquoted)) return false;
            plain = unquoted;
        }

        if (!plain.Contains('%'))
        {
            text = plain;
            return true;
        }

        var bytes = new ArrayBufferWriter<byte>(plain.Length * 3);
        for (int i = 0; i < plain.Length; i++)
        {
            if (plain[i] == '%')
            {
                if (i + 2 >= plain.Length || !byte.TryParse(plain.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte one)) return false;
                bytes.Write([one]);
                i += 2;
                continue;
            }

            int next = plain.IndexOf('%', i);
            if (next < 0) next = plain.Length;
            try
            {
                bytes.Write(Strict.GetBytes(plain[i..next]));
            }
            catch (EncoderFallbackException)
            {
                return false;
            }

            i = next - 1;
        }

        try
        {
            text = Strict.GetString(bytes.WrittenSpan);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static bool TryUnquote(string quoted, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (quoted.Length < 2 || quoted[^1] != '"') return false;
        var plain = new StringBuilder(quoted.Length);
        for (int i = 1; i < quoted.Length - 1; i++)
        {
            char c = quoted[i];
            if (c == '"') return false;
            if (c == '\\' && ++i < quoted.Length - 1) plain.Append(quoted[i]);
            else if (c == '\\') return false;
            else plain.Append(c);
        }

        text = plain.ToString();
        return true;
    }
}
