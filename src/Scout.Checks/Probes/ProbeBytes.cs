using System.Text;

namespace Scout.Checks.Probes;

/// <summary>What is sent: text as UTF-8, or <c>hex:0a0b</c>.</summary>
public sealed class ProbeBytes(string source, byte[] bytes) : IEquatable<ProbeBytes>
{
    /// <summary>Bytes of a message.</summary>
    public const int Longest = 65_536;

    /// <summary>As written.</summary>
    public string Source => source;

    public ReadOnlyMemory<byte> Bytes => bytes;

    public static bool TryParse(string source, out ProbeBytes? bytes)
    {
        bytes = null;
        byte[] raw;
        if (source.StartsWith("hex:", StringComparison.Ordinal))
        {
            string digits = source[4..].Replace(" ", "", StringComparison.Ordinal).Replace(":", "", StringComparison.Ordinal);
            if (digits.Length % 2 != 0 || !digits.All(char.IsAsciiHexDigit)) return false;
            raw = Convert.FromHexString(digits);
        }
        else
        {
            raw = Encoding.UTF8.GetBytes(source);
        }

        bytes = new ProbeBytes(source, raw);
        return true;
    }

    public bool Equals(ProbeBytes? other) => other is not null && other.Source == Source;

    public override bool Equals(object? obj) => Equals(obj as ProbeBytes);

    public override int GetHashCode() => source.GetHashCode(StringComparison.Ordinal);
}
