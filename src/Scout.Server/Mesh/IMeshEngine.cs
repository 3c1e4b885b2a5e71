using System.Net;
using Microsoft.Extensions.Logging;
using Scout.Server.Configuration;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh;

/// <summary>
/// The sockets and threads of the mesh: responder (UDP and TCP on one port) and prober. Bound when it is made, so that a taken port is said before anything else; silent
/// until <see cref="Start"/>.
/// </summary>
internal interface IMeshEngine : IAsyncDisposable
{
    /// <summary>Where it listens; the port is the one that was got.</summary>
    IPEndPoint Address { get; }

    /// <summary>Answers and probes from here on.</summary>
    void Start();

    /// <summary>Another plan, applied on the engine's thread. Any thread; does not wait.</summary>
    void Apply(MeshPlan plan);

    /// <summary>Which addresses are answered, with <c>allow: roster</c>; null: everybody, or the networks of the configuration.</summary>
    void Allow(IReadOnlySet<IPAddress>? addresses);

    /// <summary>A few quick packets, within the budget. Any thread; does not wait. When the plan has no such path, all of them are refused.</summary>
    void Ask(ulong peerId, byte plane, AskedProbe asked);

    /// <summary>Sends no more probes, forgets those in flight, and answers as one who is leaving.</summary>
    void Drain();

    /// <summary>Of the responder since the start.</summary>
    ResponderCounts Responder { get; }

    /// <summary>Senders that Scout's TLV names, with their packets since the start.</summary>
    /// <param name="into">Gets them, in no order; what does not fit is left out.</param>
    /// <returns>How many.</returns>
    int Senders(Span<SenderCount> into);
}

/// <summary>Packets by what became of them.</summary>
internal readonly record struct ResponderCounts(long Answered, long Stateless, long Refused, long Limited);

/// <param name="Sender">Id of a node; <c>NodeId.Of</c> its name.</param>
/// <param name="Packets">Arrived from it since the start, all its incarnations and ports.</param>
/// <param name="LastAt">The last of them, monotonic ns.</param>
internal readonly record struct SenderCount(ulong Sender, long Packets, long LastAt);

/// <summary>What an engine is made from.</summary>
internal sealed record MeshEngineOptions
{
    public required string Node { get; init; }

    /// <summary>Start in Unix seconds.</summary>
    public required uint Incarnation { get; init; }

    /// <summary>Where to listen; port 0: a free one, the same for UDP and TCP.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>Intervals, ports, budgets.</summary>
    public required MeshOptions Options { get; init; }

    public required IMeshObserver Observer { get; init; }

    /// <summary>A trace ended; true: it found where packets stop. Any thread.</summary>
    public Action<bool> Traced { get; init; } = static _ => { };

    /// <summary>Of jitter.</summary>
    public required ulong Seed { get; init; }

    public required TimeProvider Time { get; init; }

    public required ILogger Log { get; init; }
}
