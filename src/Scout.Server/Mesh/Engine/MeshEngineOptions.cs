using System.Collections.Immutable;
using System.Net;
using Scout.Checks.Paths;
using Scout.Checks.Stamp;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Engine;

/// <summary>What the engine is told once.</summary>
internal sealed record MeshEngineOptions
{
    /// <summary>Own name in the roster.</summary>
    public required string Node { get; init; }

    /// <summary>Name of the own pod; empty: none.</summary>
    public string Pod { get; init; } = "";

    /// <summary>Start of this node in Unix seconds.</summary>
    public required uint Incarnation { get; init; }

    /// <summary>:: takes both families.</summary>
    public IPAddress Listen { get; init; } = IPAddress.IPv6Any;

    /// <summary>One number for UDP and TCP; 0: any, for tests.</summary>
    public int Port { get; init; } = 8620;

    /// <summary>Source ports below 1024 that get answers all the same.</summary>
    public ImmutableArray<ushort> AllowedSourcePorts { get; init; } = [];

    /// <summary>First of the source ports (<see cref="ProberSettings.Ports"/>); 0: ephemeral ones.</summary>
    public int SourcePorts { get; init; }

    /// <summary>Answers a second, to all and to one address.</summary>
    public int AnswersASecond { get; init; } = 2000;

    public int AnswersASecondAnAddress { get; init; } = 200;

    public ProberSettings Prober { get; init; } = new();

    /// <summary>Of the jitter.</summary>
    public ulong Seed { get; init; }

    /// <summary>How good this node's clock is.</summary>
    public ErrorEstimate Clock { get; init; } = ErrorEstimate.Unsynchronised;

    /// <summary>Steps of a trace at most.</summary>
    public int TraceHops { get; init; } = 30;

    /// <summary>A trace after a loss ended. Any thread. Null: there are no traces.</summary>
    public Action<MeshPath, TraceResult>? Traced { get; init; }
}
