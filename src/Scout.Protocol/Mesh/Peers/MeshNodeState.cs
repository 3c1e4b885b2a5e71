namespace Scout.Protocol.Mesh;

/// <summary>What a node is to the mesh (mesh.md 3).</summary>
public enum MeshNodeState
{
    /// <summary>Listed less than 5 s ago, no answer yet: in the rings, failures do not count.</summary>
    Joining,

    Up,

    /// <summary>Said nothing for 3 beats: failures count.</summary>
    Silent,

    /// <summary>Says goodbye: out of the rings, failures do not count.</summary>
    Leaving,

    /// <summary>Said goodbye, or forgotten.</summary>
    Gone,

    /// <summary>Cordoned, not ready, or put there by a person: failures count, faults do not page.</summary>
    Maintenance,
}

/// <summary>Words of the states.</summary>
public static class MeshNodeStates
{
    private static readonly string[] Words = ["joining", "up", "silent", "leaving", "gone", "maintenance"];

    public static string Name(MeshNodeState state) => Words[(int)state];

    public static bool TryParse(ReadOnlySpan<char> word, out MeshNodeState state) => MeshWords.TryParse(Words, word, out state);

    /// <summary>True for those that stand in the rings.</summary>
    public static bool IsMember(MeshNodeState state) => state is MeshNodeState.Joining or MeshNodeState.Up or MeshNodeState.Silent or MeshNodeState.Maintenance;
}

/// <summary>Enumerations as words of the wire: exact, and the first is 0.</summary>
internal static class MeshWords
{
    public static bool TryParse<T>(string[] words, ReadOnlySpan<char> word, out T value)
        where T : struct, Enum
    {
        for (int i = 0; i < words.Length; i++)
        {
            if (!word.SequenceEqual(words[i])) continue;
            value = Enum.GetValues<T>()[i];
            return true;
        }

        value = default;
        return false;
    }
}
