namespace Scout.Server.Store;

/// <summary>One event as it is kept and sent: the id, the subject and the bytes never change between attempts (nats.md section 12).</summary>
internal sealed record StoredEvent
{
    /// <summary>Counter of the node, from <see cref="NodeStore.ReserveSequence"/>; rising within a commit and from commit to commit.</summary>
    public required long Sequence { get; init; }

    public required string Subject { get; init; }

    /// <summary>Becomes <c>Nats-Msg-Id</c>.</summary>
    public required Guid Id { get; init; }

    /// <summary>Stream whose name the acknowledgement must carry.</summary>
    public required string Stream { get; init; }

    /// <summary>Lane of the outbox: the machine, or <c>_node</c> for what concerns the node itself.</summary>
    public required string Machine { get; init; }

    public required EventKind Kind { get; init; }

    /// <summary>Wall clock, as in the event.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The structured CloudEvent, up to 60 KiB.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>A <c>check</c> event with status OK: the first that a filling outbox does without.</summary>
    public bool Routine { get; init; }

    /// <summary>Among <see cref="Audits"/>: there were too many machines to name.</summary>
    public const string AnyMachine = "*";

    /// <summary>Of a row of the audit: the machines it is about, in whose history it stands too; null for every other event.</summary>
    public IReadOnlyList<string>? Audits { get; init; }

    /// <summary>The report of drops itself: is never dropped, and its lane goes first.</summary>
    public bool Report { get; init; }
}
