namespace Scout.Protocol.Reading;

/// <summary>What a reader thinks of a message on an event subject (nats.md 12, readers).</summary>
public enum EventVerdict
{
    Accepted,

    /// <summary>No valid CloudEvent, or its data does not fit its type.</summary>
    Unreadable,

    /// <summary>A type nobody has taught us, or one that does not belong to the kind of the subject.</summary>
    UnknownType,

    /// <summary>No subject of ours.</summary>
    ForeignSubject,

    /// <summary>Its <c>source</c> is not the node of the subject.</summary>
    WrongSource,

    /// <summary>Its <c>subject</c> is not the machine of the subject.</summary>
    WrongMachine,

    /// <summary>More <c>Nats-Stream</c> headers than the way of delivery adds: a copy that somebody steered here (security.md 6, trap 3).</summary>
    Steered,

    /// <summary>No sequence where one is due.</summary>
    NoSequence,

    /// <summary>Not higher than the last one of this machine: replayed, or a late copy.</summary>
    OldSequence,

    /// <summary>The last event of this machine once more.</summary>
    Duplicate,

    /// <summary>More machines than a reader keeps in mind.</summary>
    TooMany,
}

/// <summary>How a message came, which says how many <c>Nats-Stream</c> headers it may have.</summary>
public enum EventDelivery
{
    /// <summary>By subscription, as it was published.</summary>
    Live,

    /// <summary>By a pull consumer.</summary>
    Pull,

    /// <summary>By direct get.</summary>
    DirectGet,

    /// <summary>By the republish subject of a stream.</summary>
    Republished,
}

/// <summary>Events of a node that never came.</summary>
public sealed record EventLoss(string Node, EventSequence First, EventSequence Last);
