using System.Numerics;
using System.Text;

namespace Scout.Protocol.Mesh;

/// <summary>The id of a node in the mesh: what packets carry, and what the rings are made of.</summary>
public static class NodeId
{
    private const ulong Offset = 0xCBF29CE484222325;
    private const ulong Prime = 0x00000100000001B3;

    /// <summary>FNV-1a, 64 bits, of the name's UTF-8 (mesh.md 4).</summary>
    public static ulong Of(ReadOnlySpan<char> name)
    {
        ulong hash = Offset;
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in name.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(bytes);
            for (int i = 0; i < length; i++) hash = (hash ^ bytes[i]) * Prime;
        }

        return hash;
    }
}

/// <summary>The arithmetic of mesh.md 4: unsigned, 64 bits, wrapping. Every node computes the same.</summary>
public static class MeshHash
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary><c>mix(z)</c>: the finaliser of splitmix64.</summary>
    public static ulong Mix(ulong z)
    {
        z ^= z >> 30;
        z *= 0xBF58476D1CE4E5B9;
        z ^= z >> 27;
        z *= 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary><c>H(r, n)</c>: the place of a node in ring r, and its choices in second r.</summary>
    public static ulong H(ulong round, ulong node) => Mix(node + (round * Golden));

    /// <summary><c>P(i, j)</c>: the phase and the ports of the path from i to j; not symmetric.</summary>
    public static ulong P(ulong from, ulong to) => Mix(from ^ BitOperations.RotateLeft(to, 32));

    /// <summary>
    /// Index of the source port of a UDP probe, of <paramref name="ports"/> (mesh.md 2.2): (sequence + (P &gt;&gt; 32)) mod ports. With 16 every equal path of a
    /// router is touched soon.
    /// </summary>
    public static int PortIndex(ulong phase, uint sequence, int ports = 16) => (int)((sequence + (phase >> 32)) % (ulong)ports);
}
