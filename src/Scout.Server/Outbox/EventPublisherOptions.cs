namespace Scout.Server.Outbox;

/// <summary>What the publisher asks of the house. The callbacks come from its own task; they must be quick: post to the loop.</summary>
internal sealed record EventPublisherOptions
{
    /// <summary>For waits with jitter.</summary>
    public int Seed { get; init; }

    /// <summary>Reconnects of a fleet are spread over this time; the repeat of states over ten times of it.</summary>
    public TimeSpan ReconnectSpread { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Drops wait to be told: on the loop call <see cref="Store.NodeStore.CommitDropReport"/>, with an <c>io.scout.node.outbox.v1</c> event.
    /// </summary>
    public Action ReportDrops { get; init; } = static () => { };

    /// <summary>
    /// The outbox is empty on this connection: on the loop repeat the <c>state</c> of every machine that is not in the set (nats.md section 12, rule 7).
    /// </summary>
    public Action<IReadOnlySet<string>> RepeatStates { get; init; } = static _ => { };
}
