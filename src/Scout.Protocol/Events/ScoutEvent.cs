namespace Scout.Protocol.Events;

/// <summary>One event of ours, ready to be written: the attributes and the data.</summary>
public sealed record ScoutEvent
{
    /// <summary>UUIDv7 with a random part from the system's generator (nats.md 12).</summary>
    public required Guid Id { get; init; }

    public required string Node { get; init; }

    /// <summary>A machine, or <see cref="Names.NodeItself"/>.</summary>
    public required string Machine { get; init; }

    /// <summary>One of <see cref="EventTypes"/>.</summary>
    public required string Type { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>Null only for <c>alive</c>, which is not spooled.</summary>
    public EventSequence? Sequence { get; init; }

    /// <summary>The event or request that led to this one.</summary>
    public string? CausationId { get; init; }

    public required EventData Data { get; init; }

    /// <summary>Subject to publish on.</summary>
    public string Subject => Type switch
    {
        EventTypes.Startup => Subjects.Lifecycle(Node, LifecycleKind.Startup),
        EventTypes.Alive => Subjects.Lifecycle(Node, LifecycleKind.Alive),
        EventTypes.Shutdown => Subjects.Lifecycle(Node, LifecycleKind.Shutdown),
        _ => Subjects.Event(Node, Machine, EventTypes.KindOf(Type) ?? throw new InvalidOperationException($"'{Type}' is no type of ours")),
    };

    /// <summary>The stream whose acknowledgement counts.</summary>
    public string Stream => EventTypes.KindOf(Type) is null ? Streams.StreamCatalog.Lifecycle : Streams.StreamCatalog.Events;
}
