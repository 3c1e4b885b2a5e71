namespace Scout.Server.Mesh.Probing;

/// <summary>The numbers of <c>mesh:</c> that the prober needs. All times in ns, so that the core computes in one unit.</summary>
internal sealed record ProberSettings
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;

    public long UdpInterval { get; init; } = Second;

    public long UdpTimeout { get; init; } = 500 * Millisecond;

    /// <summary>After the send: a reply that comes within it to a probe counted lost is <c>late</c>.</summary>
    public long UdpLate { get; init; } = 5 * Second;

    /// <summary>Source ports to rotate through, 1 to 16.</summary>
    public int Ports { get; init; } = 16;

    /// <summary>0 = no TCP probes.</summary>
    public long TcpInterval { get; init; } = 10 * Second;

    public long TcpTimeout { get; init; } = 900 * Millisecond;

    /// <summary>0 = no such probes.</summary>
    public long MtuInterval { get; init; } = 60 * Second;

    /// <summary>Quick packets after a loss; 0 = none.</summary>
    public int ReactivePackets { get; init; } = 5;

    /// <summary>Between the quick packets of one loss.</summary>
    public long ReactiveSpacing { get; init; } = 40 * Millisecond;

    /// <summary>Quick and asked packets a second, of the whole node.</summary>
    public int ReactiveBudget { get; init; } = 20;

    /// <summary>At least this long between two traces to one peer; 0 = no traces.</summary>
    public long TraceCooldown { get; init; } = 60 * Second;

    /// <summary>Traces a minute, of the whole node.</summary>
    public int TracesAMinute { get; init; } = 10;

    /// <summary>For this long after it was listed, failures of a peer that never answered are <c>skipped</c>.</summary>
    public long JoinGrace { get; init; } = 5 * Second;

    /// <summary>0; other values only to test the wrap.</summary>
    public uint FirstSequence { get; init; }
}
