using System.Collections.Immutable;

namespace Scout.Broker.Mesh.Watching;

/// <summary>Who says nothing, of those that the roster lists.</summary>
/// <param name="Silent">Not heard for three beats.</param>
/// <param name="Unheard">Not heard either, but nobody listened for so long: what was said of them before stands.</param>
public sealed record FleetSilence(ImmutableHashSet<string> Silent, ImmutableHashSet<string> Unheard)
{
    public static FleetSilence None { get; } = new([], []);

    /// <summary>What is to stand in the place of a node: true, or null.</summary>
    public bool? Of(string node, bool? before) => Silent.Contains(node) ? true : Unheard.Contains(node) ? before : null;

    public bool Equals(FleetSilence? other) => other is not null && Silent.SetEquals(other.Silent) && Unheard.SetEquals(other.Unheard);

    public override int GetHashCode() => HashCode.Combine(Silent.Count, Unheard.Count);
}
