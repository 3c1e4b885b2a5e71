using System.Buffers.Text;

namespace Scout.Server.Memory;

/// <summary>One line of <c>/proc/self/maps</c> that is of use here (proc(5)). Pure.</summary>
/// <param name="Start">First address.</param>
/// <param name="End">First address behind it.</param>
/// <param name="Shared">Shared with whoever maps the file, or a copy of our own.</param>
internal readonly record struct MemoryMapping(nuint Start, nuint End, bool Shared)
{
    /// <summary>
    /// Reads a line when it is a file on disk that nobody writes through this mapping: code and constants. Not memory with a name (<c>[heap]</c>, <c>anon_inode</c>,
    /// memfd), no device and no file that was deleted meanwhile.
    /// </summary>
    public static bool TryReadOnlyFile(ReadOnlySpan<byte> line, out MemoryMapping mapping)
    {
        mapping = default;
        int space = line.IndexOf((byte)' ');
        if (space < 0 || line.Length < space + 6) return false;
        ReadOnlySpan<byte> range = line[..space], rights = line.Slice(space + 1, 4);
        int slash = line.IndexOf((byte)'/');
        if (rights[0] != (byte)'r' || rights[1] == (byte)'w' || slash < 0) return false;
        ReadOnlySpan<byte> path = line[slash..];
        if (line[slash - 1] != (byte)' ' || path.StartsWith("/dev/"u8) || path.StartsWith("/memfd:"u8) || path.EndsWith(" (deleted)"u8)) return false;
        int dash = range.IndexOf((byte)'-');
        if (dash < 0 || !TryHex(range[..dash], out nuint start) || !TryHex(range[(dash + 1)..], out nuint end) || end <= start) return false;
        mapping = new MemoryMapping(start, end, rights[3] == (byte)'s');
        return true;
    }

    private static bool TryHex(ReadOnlySpan<byte> text, out nuint value)
    {
        bool good = Utf8Parser.TryParse(text, out ulong parsed, out int used, 'x') && used == text.Length;
        value = (nuint)parsed;
        return good;
    }
}
