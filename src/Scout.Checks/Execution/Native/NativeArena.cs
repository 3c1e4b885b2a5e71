using System.Runtime.InteropServices;
using System.Text;

namespace Scout.Checks.Execution.Native;

/// <summary>
/// Native memory of one spawner for paths, argv and environment of the spawn at hand; reset before each. Encoding twenty short words takes well under a
/// microsecond, so nothing is cached between runs.
/// </summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private readonly List<nint> overflow = [];
    private byte* block = (byte*)NativeMemory.Alloc(Size);
    private nuint used;

    private const nuint Size = 128 * 1024;

    public void Reset()
    {
        used = 0;
        foreach (nint extra in overflow) NativeMemory.Free((void*)extra);
        overflow.Clear();
    }

    /// <summary>A text as NUL-terminated UTF-8.</summary>
    public byte* Text(string text)
    {
        int length = Encoding.UTF8.GetMaxByteCount(text.Length) + 1;
        byte* to = Take((nuint)length);
        int written = Encoding.UTF8.GetBytes(text, new Span<byte>(to, length - 1));
        to[written] = 0;
        Give((nuint)(length - written - 1), to, (nuint)length);
        return to;
    }

    /// <summary><c>name=value</c> as NUL-terminated UTF-8.</summary>
    public byte* Pair(string name, string value)
    {
        int length = Encoding.UTF8.GetMaxByteCount(name.Length) + Encoding.UTF8.GetMaxByteCount(value.Length) + 2;
        byte* to = Take((nuint)length);
        int written = Encoding.UTF8.GetBytes(name, new Span<byte>(to, length));
        to[written++] = (byte)'=';
        written += Encoding.UTF8.GetBytes(value, new Span<byte>(to + written, length - written));
        to[written] = 0;
        Give((nuint)(length - written - 1), to, (nuint)length);
        return to;
    }

    /// <summary>A folder and a name with a slash between, as NUL-terminated UTF-8.</summary>
    public byte* Joined(string folder, string name)
    {
        int length = Encoding.UTF8.GetMaxByteCount(folder.Length) + Encoding.UTF8.GetMaxByteCount(name.Length) + 2;
        byte* to = Take((nuint)length);
        int written = Encoding.UTF8.GetBytes(folder, new Span<byte>(to, length));
        if (written == 0 || to[written - 1] != '/') to[written++] = (byte)'/';
        written += Encoding.UTF8.GetBytes(name, new Span<byte>(to + written, length - written));
        to[written] = 0;
        Give((nuint)(length - written - 1), to, (nuint)length);
        return to;
    }

    /// <summary><c>SCOUT_RUN=instance.number</c>, with <c>.keep</c> behind it for a run whose leftovers are kept.</summary>
    public byte* RunName(ReadOnlySpan<byte> prefix, long number, bool keep)
    {
        int length = prefix.Length + 32;
        byte* to = Take((nuint)length);
        var span = new Span<byte>(to, length);
        prefix.CopyTo(span);
        int written = prefix.Length;
        _ = number.TryFormat(span[written..], out int digits);
        written += digits;
        if (keep)
        {
            ".keep"u8.CopyTo(span[written..]);
            written += 5;
        }

        to[written] = 0;
        return to;
    }

    public byte** Pointers(int count) => (byte**)Take((nuint)(count * sizeof(byte*)));

    public void Dispose()
    {
        Reset();
        NativeMemory.Free(block);
        block = null;
    }

    private byte* Take(nuint bytes)
    {
        nuint start = (used + 7) & ~(nuint)7;
        if (start + bytes <= Size)
        {
            used = start + bytes;
            return block + start;
        }

        byte* extra = (byte*)NativeMemory.Alloc(bytes);
        overflow.Add((nint)extra);
        return extra;
    }

    /// <summary>Takes back the unused end of the last piece.</summary>
    private void Give(nuint bytes, byte* piece, nuint length)
    {
        if (piece + length == block + used) used -= bytes;
    }
}
