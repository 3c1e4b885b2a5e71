using System.Buffers;
using System.Text;

namespace Scout.Machines.Timing;

/// <summary>
/// Where a watcher of a machine on a node stands in any window of time (machines.md 6.1): a hash, so that a restart goes on in phase and a fleet is
/// spread without anybody keeping a list.
/// </summary>
/// <param name="Hash"><c>fmix64(fnv1a64(utf8("node/machine/watcher")))</c>.</param>
public readonly record struct Placement(ulong Hash)
{
    private const ulong FnvOffset = 0xcbf29ce484222325;
    private const ulong FnvPrime = 0x100000001b3;

    /// <summary>The place of a watcher. Names are short (63 characters), so nothing is allocated.</summary>
    public static Placement Of(string node, string machine, string watcher)
    {
        ulong hash = FnvOffset;
        hash = Add(hash, node);
        hash = (hash ^ (byte)'/') * FnvPrime;
        hash = Add(hash, machine);
        hash = (hash ^ (byte)'/') * FnvPrime;
        return new Placement(Finish(Add(hash, watcher)));
    }

    /// <summary>A point in [0, window), in whole milliseconds; 0 for an empty window.</summary>
    public TimeSpan Place(TimeSpan window) => TimeSpan.FromTicks(PlaceMilliseconds(window.Ticks / TimeSpan.TicksPerMillisecond) * TimeSpan.TicksPerMillisecond);

    /// <summary><c>(h * W) &gt;&gt; 64</c> in 128 bits.</summary>
    /// <param name="window">W in milliseconds; 0 or less gives 0.</param>
    public long PlaceMilliseconds(long window) => window <= 0 ? 0 : (long)Math.BigMul(Hash, (ulong)window, out _);

    private static ulong Add(ulong hash, string text)
    {
        Span<byte> small = stackalloc byte[256];
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        byte[]? rented = most > small.Length ? ArrayPool<byte>.Shared.Rent(most) : null;
        Span<byte> bytes = rented ?? small;
        foreach (byte value in bytes[..Encoding.UTF8.GetBytes(text, bytes)]) hash = (hash ^ value) * FnvPrime;
        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    // The MurmurHash3 finaliser: FNV alone leaves names that differ in their last letter close together.
    private static ulong Finish(ulong h)
    {
        h ^= h >> 33;
        h *= 0xff51afd7ed558ccd;
        h ^= h >> 33;
        h *= 0xc4ceb9fe1a85ec53;
        return h ^ (h >> 33);
    }
}
