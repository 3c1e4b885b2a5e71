using System.Buffers.Binary;

namespace Scout.Server.Store.Encoding;

/// <summary>
/// Frame of a record, little-endian: magic, payload length u32, record number u64, CRC-32C of the payload, CRC-32C of the 20 bytes before.
/// </summary>
internal static class RecordFormat
{
    public const int HeaderBytes = 24;
    public const int MaxPayload = 16 << 20;

    public static ReadOnlySpan<byte> Magic => "SCR1"u8;

    /// <summary>Reserves a header; the payload is written behind it.</summary>
    public static int Begin(FieldWriter to)
    {
        int start = to.Length;
        to.Reserve(HeaderBytes);
        return start;
    }

    /// <summary>Fills in the header of the record that began at <paramref name="start"/>.</summary>
    public static void End(FieldWriter to, int start, long number)
    {
        int size = to.Length - start - HeaderBytes;
        uint sum = Crc32C.Compute(to.At(start + HeaderBytes, size));
        var header = to.At(start, HeaderBytes);
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)size);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], number);
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], sum);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], Crc32C.Compute(header[..20]));
    }

    /// <summary>True when the 24 bytes are a header with a right sum.</summary>
    public static bool TryHeader(ReadOnlySpan<byte> header, out int size, out long number, out uint sum)
    {
        size = 0;
        number = 0;
        sum = 0;
        if (header.Length < HeaderBytes || !header.StartsWith(Magic)) return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        number = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        sum = BinaryPrimitives.ReadUInt32LittleEndian(header[16..]);
        if (length is 0 or > MaxPayload || number < 1) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[20..]) != Crc32C.Compute(header[..20])) return false;
        size = (int)length;
        return true;
    }
}
