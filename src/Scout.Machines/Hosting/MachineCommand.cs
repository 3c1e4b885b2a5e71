using System.Collections.Immutable;

namespace Scout.Machines.Hosting;

/// <summary>What a person wants of one machine (machines.md section 10).</summary>
public sealed record MachineCommand
{
    public required CommandKind Kind { get; init; }

    public required string Machine { get; init; }

    /// <summary>Authenticated, never from the body.</summary>
    public required string Caller { get; init; }

    /// <summary>Id of the request; becomes the cause of what follows.</summary>
    public required string RequestId { get; init; }

    /// <summary>Name of the transition, for <see cref="CommandKind.Transition"/>.</summary>
    public string? Transition { get; init; }

    /// <summary>Up to 500 characters.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Wall clock; null: open-ended.</summary>
    public DateTimeOffset? Until { get; init; }
}

public enum CommandKind
{
    /// <summary>FORCE_CHECK; the result follows as <see cref="ForcedResult"/>.</summary>
    Check,
    Maintenance,
    Resume,
    Acknowledge,
    Transition,
}

/// <summary>What happened.</summary>
public sealed record CommandReply
{
    public required string Machine { get; init; }

    public required CommandCode Code { get; init; }

    /// <summary>For people; says why and what to do when it is not <see cref="CommandCode.Ok"/>.</summary>
    public string Message { get; init; } = "";

    public string? From { get; init; }

    public string? To { get; init; }

    /// <summary>Allowed transitions after the command.</summary>
    public ImmutableArray<string> Allowed { get; init; } = [];

    public DateTimeOffset? Until { get; init; }

    /// <summary>The event that tells of it; null when nothing changed.</summary>
    public Guid? Event { get; init; }

    /// <summary>For an accepted <see cref="CommandKind.Check"/>: the number under which <see cref="ForcedResult"/> will come.</summary>
    public long? ForcedRun { get; init; }
}

public enum CommandCode
{
    Ok,
    NotFound,
    NotAllowed,
    BadRequest,

    /// <summary>The store cannot commit; nothing changed.</summary>
    Unavailable,
}

/// <summary>A forced run ended and was applied.</summary>
/// <param name="ForcedRun">Of the <see cref="CommandReply"/>; several requests may share one.</param>
/// <param name="From">State before FORCE_CHECK.</param>
/// <param name="View">After the result.</param>
/// <param name="Event">The result event; null when the event setting left it out.</param>
public sealed record ForcedResult(long ForcedRun, string Machine, string From, MachineView View, Guid? Event);
