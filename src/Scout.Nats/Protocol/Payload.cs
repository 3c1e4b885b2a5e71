using System.Runtime.CompilerServices;
using System.Text;

namespace Scout.Nats.Protocol;

/// <summary>The four types a payload can have, without boxing and without a serialiser.</summary>
internal static class Payload
{
    /// <summary>Throws for any type that is not one of the four.</summary>
    public static void ThrowUnlessSupported<T>()
    {
        if (typeof(T) == typeof(byte[]) || typeof(T) == typeof(ReadOnlyMemory<byte>) || typeof(T) == typeof(Memory<byte>) || typeof(T) == typeof(string)) return;
        throw new NotSupportedException(
            $"{typeof(T)} cannot be a payload: use byte[], Memory<byte>, ReadOnlyMemory<byte> or string, and serialise with a source-generated context.");
    }

    /// <summary>The bytes of a payload; text is written into <paramref name="scratch"/>, which may be replaced by a larger array.</summary>
    public static ReadOnlySpan<byte> Bytes<T>(T data, scoped ref byte[] scratch)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<byte>)) return Unsafe.As<T, ReadOnlyMemory<byte>>(ref data).Span;
        if (typeof(T) == typeof(Memory<byte>)) return Unsafe.As<T, Memory<byte>>(ref data).Span;
        if (typeof(T) == typeof(byte[])) return Unsafe.As<T, byte[]?>(ref data);
        if (typeof(T) == typeof(string))
        {
            string text = Unsafe.As<T, string?>(ref data) ?? "";
            int length = Encoding.UTF8.GetByteCount(text);
            if (scratch.Length < length) scratch = new byte[length];
            return scratch.AsSpan(0, Encoding.UTF8.GetBytes(text, scratch));
        }

        ThrowUnlessSupported<T>();
        return default;
    }

    public static T? From<T>(ReadOnlySpan<byte> bytes)
    {
        if (typeof(T) == typeof(ReadOnlyMemory<byte>))
        {
            ReadOnlyMemory<byte> memory = bytes.ToArray();
            return Unsafe.As<ReadOnlyMemory<byte>, T>(ref memory);
        }

        if (typeof(T) == typeof(Memory<byte>))
        {
            Memory<byte> memory = bytes.ToArray();
            return Unsafe.As<Memory<byte>, T>(ref memory);
        }

        if (typeof(T) == typeof(byte[])) return (T)(object)bytes.ToArray();
        if (typeof(T) == typeof(string)) return (T)(object)Encoding.UTF8.GetString(bytes);
        ThrowUnlessSupported<T>();
        return default;
    }
}
