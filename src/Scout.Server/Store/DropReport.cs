namespace Scout.Server.Store;

/// <summary>
/// Events that will never be sent, since the last report: what <c>io.scout.node.outbox.v1</c> tells (nats.md section 12, rule 6).
/// </summary>
internal sealed record DropReport
{
    public static DropReport Empty { get; } = new();

    /// <summary>By <see cref="EventKind"/>, dropped because the outbox was full.</summary>
    public IReadOnlyList<long> ByKind { get; init; } = new long[EventKinds.Count];

    /// <summary>Sequences lost with damaged records, or skipped because of them; their kinds are unknown.</summary>
    public long Lost { get; init; }

    /// <summary>The sequences concerned, rising. Neighbours are joined when there are very many: then they name more than were dropped, never fewer.</summary>
    public IReadOnlyList<SequenceRange> Ranges { get; init; } = [];

    public long Total => ByKind.Sum() + Lost;
}

/// <summary>Both ends belong to it.</summary>
internal readonly record struct SequenceRange(long First, long Last);
