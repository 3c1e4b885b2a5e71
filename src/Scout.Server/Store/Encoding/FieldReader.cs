using System.Buffers.Binary;

namespace Scout.Server.Store.Encoding;

/// <summary>Steps over tagged fields. Never throws: bytes that are no fields end the reading and set <see cref="Failed"/>.</summary>
internal ref struct FieldReader
{
    private ReadOnlySpan<byte> rest;
    private ulong number;
    private ReadOnlySpan<byte> bytes;

    public FieldReader(ReadOnlySpan<byte> data) => rest = data;

    /// <summary>Number of the field just read.</summary>
    public int Field { get; private set; }

    public bool Failed { get; private set; }

    public FieldKind Kind { get; private set; }

    public readonly ulong Number => number;

    public readonly long Signed => (long)(number >> 1) ^ -(long)(number & 1);

    public readonly bool Flag => number != 0;

    public readonly ReadOnlySpan<byte> Bytes => bytes;

    public readonly string Text => System.Text.Encoding.UTF8.GetString(bytes);

    public readonly DateTimeOffset Time
    {
        get
        {
            long ticks = Signed;
            long epoch = DateTimeOffset.UnixEpoch.Ticks;
            return ticks < -epoch || ticks > DateTimeOffset.MaxValue.UtcTicks - epoch ? DateTimeOffset.UnixEpoch : new DateTimeOffset(epoch + ticks, TimeSpan.Zero);
        }
    }

    /// <summary>Moves to the next field; false at the end or when it cannot be read.</summary>
    public bool Next()
    {
        if (rest.IsEmpty || Failed) return false;
        if (!Varint(ref rest, out ulong tag) || tag >> 3 is 0 or > int.MaxValue >> 3) return Fail();
        Field = (int)(tag >> 3);
        Kind = (FieldKind)(tag & 7);
        number = 0;
        bytes = default;
        switch (Kind)
        {
            case FieldKind.Varint:
                return Varint(ref rest, out number) || Fail();
            case FieldKind.Fixed64:
                if (rest.Length < 8) return Fail();
                number = BinaryPrimitives.ReadUInt64LittleEndian(rest);
                rest = rest[8..];
                return true;
            case FieldKind.Fixed32:
                if (rest.Length < 4) return Fail();
                number = BinaryPrimitives.ReadUInt32LittleEndian(rest);
                rest = rest[4..];
                return true;
            case FieldKind.Bytes:
                if (!Varint(ref rest, out ulong length) || length > (ulong)rest.Length) return Fail();
                bytes = rest[..(int)length];
                rest = rest[(int)length..];
                return true;
            default:
                return Fail();
        }
    }

    /// <summary>Takes a number off the front.</summary>
    public static bool Varint(ref ReadOnlySpan<byte> from, out ulong value)
    {
        value = 0;
        for (int i = 0; i < 10 && i < from.Length; i++)
        {
            byte one = from[i];
            if (i == 9 && one > 1) return false;
            value |= (ulong)(one & 0x7F) << (7 * i);
            if (one >= 0x80) continue;
            from = from[(i + 1)..];
            return true;
        }

        return false;
    }

    private bool Fail()
    {
        Failed = true;
        rest = default;
        return false;
    }
}
