using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Scout.Nats;

/// <summary>Base32 (RFC 4648, upper case, no padding) over bytes that end in their CRC-16/XMODEM, little endian.</summary>
internal static class NKeyText
{
    /// <summary>Prefix, key, checksum.</summary>
    public const int PublicKeySize = 1 + 32 + ChecksumSize;

    /// <summary>Two bytes of prefix, seed, checksum.</summary>
    public const int SeedSize = 2 + 32 + ChecksumSize;

    /// <summary>Characters of a seed.</summary>
    public const int SeedLength = 58;

    private const int ChecksumSize = 2;
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static bool IsType(byte prefix) =>
        prefix is (byte)NKeyType.Account or (byte)NKeyType.Server or (byte)NKeyType.Operator or (byte)NKeyType.User;

    /// <summary>Fills in the checksum at the end of <paramref name="raw"/>, and gives the text.</summary>
    public static string Encode(Span<byte> raw)
    {
        Span<char> text = stackalloc char[SeedLength];
        int length = Encode(raw, text);
        string result = new(text[..length]);
        CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(text));
        return result;
    }

    /// <summary>Reads text into <paramref name="raw"/>, which has exactly its size, and checks the checksum. Only the one way of writing it is accepted.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> raw)
    {
        if (text.Length != ((raw.Length * 8) + 4) / 5) return false;
        uint bits = 0;
        int count = 0, at = 0;
        foreach (char c in text)
        {
            int value = c switch { >= 'A' and <= 'Z' => c - 'A', >= '2' and <= '7' => c - '2' + 26, _ => -1 };
            if (value < 0) return false;
            bits = (bits << 5) | (uint)value;
            count += 5;
            if (count < 8) continue;
            count -= 8;
            raw[at++] = (byte)(bits >> count);
        }

        // The bits after the last byte are zero, or two texts would be one key.
        bool clean = (bits & ((1u << count) - 1)) == 0;
        return clean && BinaryPrimitives.ReadUInt16LittleEndian(raw[^ChecksumSize..]) == Checksum(raw[..^ChecksumSize]);
    }

    private static int Encode(Span<byte> raw, Span<char> text)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(raw[^ChecksumSize..], Checksum(raw[..^ChecksumSize]));
        uint bits = 0;
        int count = 0, at = 0;
        foreach (byte b in raw)
        {
            bits = (bits << 8) | b;
            count += 8;
            while (count >= 5)
            {
                count -= 5;
                text[at++] = Alphabet[(int)(bits >> count) & 31];
            }
        }

        if (count > 0) text[at++] = Alphabet[(int)(bits << (5 - count)) & 31];
        return at;
    }

    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        int crc = 0;
        foreach (byte b in bytes)
        {
            crc ^= b << 8;
            for (int i = 0; i < 8; i++) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        }

        return (ushort)crc;
    }
}
