using System.Buffers.Binary;
using System.Text;

namespace Scout.Server.Store.Encoding;

/// <summary>Writes tagged fields as protocol buffers do (tag = number &lt;&lt; 3 | kind) into a buffer that grows.</summary>
internal sealed class FieldWriter
{
    private byte[] buffer;

    public FieldWriter(int capacity = 4096) => buffer = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    /// <summary>Forgets what is behind <paramref name="length"/>; gives a very large buffer back when it empties.</summary>
    public void Reset(int length = 0)
    {
        Length = length;
        if (length == 0 && buffer.Length > 4 << 20) buffer = new byte[64 << 10];
    }

    /// <summary>A place of that size to fill in now or later.</summary>
    public Span<byte> Reserve(int size)
    {
        if (Length + size > buffer.Length) Array.Resize(ref buffer, Math.Max(buffer.Length * 2, Length + size));
        Length += size;
        return buffer.AsSpan(Length - size, size);
    }

    /// <summary>A part already written, to fill in.</summary>
    public Span<byte> At(int offset, int size) => buffer.AsSpan(offset, size);

    public void Byte(byte value) => Reserve(1)[0] = value;

    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void BareVarint(ulong value)
    {
        while (value >= 0x80)
        {
            Byte((byte)(value | 0x80));
            value >>= 7;
        }

        Byte((byte)value);
    }

    public void Varint(int field, ulong value)
    {
        Tag(field, FieldKind.Varint);
        BareVarint(value);
    }

    /// <summary>Zigzag: small numbers of both signs are short.</summary>
    public void Signed(int field, long value) => Varint(field, (ulong)((value << 1) ^ (value >> 63)));

    public void Flag(int field, bool value)
    {
        if (value) Varint(field, 1);
    }

    public void Fixed64(int field, ulong value)
    {
        Tag(field, FieldKind.Fixed64);
        BinaryPrimitives.WriteUInt64LittleEndian(Reserve(8), value);
    }

    public void Fixed32(int field, uint value)
    {
        Tag(field, FieldKind.Fixed32);
        BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);
    }

    /// <summary>100 ns ticks of UTC since the Unix epoch.</summary>
    public void Time(int field, DateTimeOffset value) => Signed(field, value.UtcTicks - DateTimeOffset.UnixEpoch.Ticks);

    public void Time(int field, DateTimeOffset? value)
    {
        if (value is { } time) Time(field, time);
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, FieldKind.Bytes);
        BareVarint((ulong)value.Length);
        Raw(value);
    }

    /// <summary>Nothing for null. UTF-8; what UTF-8 cannot say becomes U+FFFD.</summary>
    public void Text(int field, string? value)
    {
        if (value is null) return;
        Tag(field, FieldKind.Bytes);
        int size = System.Text.Encoding.UTF8.GetByteCount(value);
        BareVarint((ulong)size);
        System.Text.Encoding.UTF8.GetBytes(value, Reserve(size));
    }

    /// <summary>Nothing for the empty text.</summary>
    public void SomeText(int field, string value)
    {
        if (value.Length > 0) Text(field, value);
    }

    /// <summary>Begins a message inside this one; give the result to <see cref="End"/>.</summary>
    public int Begin(int field)
    {
        Tag(field, FieldKind.Bytes);
        return BeginBare();
    }

    /// <summary>Begins something with a length in front but no tag.</summary>
    public int BeginBare()
    {
        Byte(0);
        return Length;
    }

    /// <summary>Fills in the length; what was written moves when it needs more than one byte.</summary>
    /// <returns>Where the inner bytes begin now.</returns>
    public int End(int start)
    {
        int size = Length - start;
        int extra = size < 0x80 ? 0 : size < 0x4000 ? 1 : size < 0x200000 ? 2 : 3;
        if (extra > 0)
        {
            Reserve(extra);
            buffer.AsSpan(start, size).CopyTo(buffer.AsSpan(start + extra));
        }

        ulong rest = (ulong)size;
        int at = start - 1;
        for (int i = 0; i < extra; i++)
        {
            buffer[at++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        buffer[at] = (byte)rest;
        return start + extra;
    }

    private void Tag(int field, FieldKind kind) => BareVarint((ulong)(uint)(field << 3 | (int)kind));
}

/// <summary>How a value is written.</summary>
internal enum FieldKind
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}
