namespace Scout.Server.Mesh.Probing;

/// <summary>A handful of packets somebody asked for. Filled on the engine's thread; read it when the callback was called.</summary>
/// <param name="packets">1..5.</param>
/// <param name="done">Called on the engine's thread when the last packet is decided.</param>
internal sealed class AskedProbe(int packets, Action<AskedProbe> done)
{
    public const int Most = 5;

    private readonly UdpOutcome[] outcomes = new UdpOutcome[Math.Clamp(packets, 1, Most)];
    private readonly long[] roundTrips = new long[Math.Clamp(packets, 1, Most)];

    public int Packets => outcomes.Length;

    /// <summary>Decided until now.</summary>
    public int Decided { get; private set; }

    /// <summary>False: the prober has no path to this peer.</summary>
    public bool IsPlanned { get; internal set; } = true;

    /// <summary>What the budget or this host did not let out.</summary>
    public int NotSent { get; private set; }

    public int Answered { get; private set; }

    public ReadOnlySpan<UdpOutcome> Outcomes => outcomes.AsSpan(0, Decided);

    /// <summary>ns, of the same packet as in <see cref="Outcomes"/>; 0 without an answer.</summary>
    public ReadOnlySpan<long> RoundTrips => roundTrips.AsSpan(0, Decided);

    internal void Decide(UdpOutcome outcome, long roundTrip)
    {
        if (Decided + NotSent >= outcomes.Length) return;
        outcomes[Decided] = outcome;
        roundTrips[Decided] = roundTrip;
        Decided++;
        if (outcome == UdpOutcome.Ok) Answered++;
        if (Decided + NotSent == outcomes.Length) done(this);
    }

    internal void Refuse(int count)
    {
        if (count <= 0 || Decided + NotSent >= outcomes.Length) return;
        NotSent = Math.Min(NotSent + count, outcomes.Length - Decided);
        if (Decided + NotSent == outcomes.Length) done(this);
    }
}
