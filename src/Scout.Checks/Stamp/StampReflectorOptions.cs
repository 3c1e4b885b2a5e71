using System.Collections.Immutable;

namespace Scout.Checks.Stamp;

/// <summary>Who a reflector is and what it takes on.</summary>
public sealed record StampReflectorOptions
{
    /// <summary>Id of this node: a packet for another one gets <see cref="StampAnswer.NotMe"/>. 0: it is whoever is asked for.</summary>
    public ulong NodeId { get; init; }

    /// <summary>Changes when this process starts again; told in each reply.</summary>
    public uint Incarnation { get; init; }

    /// <summary>The port it listens on. Packets from this port are not answered: two reflectors must not echo for ever.</summary>
    public ushort Port { get; init; }

    /// <summary>Source ports that are answered although they are below 1024 or equal to <see cref="Port"/>.</summary>
    public ImmutableArray<ushort> AllowedSourcePorts { get; init; } = [];

    /// <summary>Sessions with a counter of their own. When all are taken, answers are stateless.</summary>
    public int Sessions { get; init; } = 4096;

    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Answers in one second, to all together.</summary>
    public int PacketsASecond { get; init; } = 2000;

    /// <summary>Answers in one second to one address.</summary>
    public int PacketsASecondAnAddress { get; init; } = 200;

    /// <summary>Addresses whose limit is remembered; the one not heard longest makes room.</summary>
    public int Addresses { get; init; } = 4096;

    /// <summary>How good this node's clock is.</summary>
    public ErrorEstimate Clock { get; init; } = ErrorEstimate.Unsynchronised;
}
