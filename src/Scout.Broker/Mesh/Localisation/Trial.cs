namespace Scout.Broker.Mesh.Localisation;

/// <summary>Which way of a round trip was lost, as far as the prober knows (mesh.md 2.2).</summary>
public enum LossDirection : byte
{
    Unknown,

    /// <summary>On the way from source to target.</summary>
    Forward,

    /// <summary>On the way back.</summary>
    Reverse,
}

/// <summary>One decided UDP probe: what the localiser counts (mesh.md 7).</summary>
/// <param name="At">When it was decided, in milliseconds of the caller's monotonic clock.</param>
/// <param name="From">Index of the prober, as <see cref="Localiser.AddNode"/> gave it.</param>
/// <param name="To">Index of the target.</param>
/// <param name="Lost">No answer in time.</param>
/// <param name="Direction">Of a lost one, if known.</param>
/// <param name="Port">0..15: which of the prober's source ports.</param>
/// <param name="Sequence">The prober's number, by which more is told of a lost one later.</param>
public readonly record struct Trial(long At, int From, int To, bool Lost, LossDirection Direction = LossDirection.Unknown, byte Port = 0, uint Sequence = 0);
