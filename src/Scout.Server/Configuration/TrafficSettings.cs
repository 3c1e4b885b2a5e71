using System.Net;
using Scout.Traffic;

namespace Scout.Server.Configuration;

/// <summary>Whether traffic is counted.</summary>
public enum TrafficMode
{
    /// <summary>Where there is a pods' cgroup, and the kernel lets this process.</summary>
    Auto,

    /// <summary>A refusal is an error in the log, and <c>scout_traffic_up</c> 0.</summary>
    On,

    Off,
}

/// <summary>Whether pods and services get their names from the Kubernetes API.</summary>
public enum TrafficNaming
{
    /// <summary>Where the pod was given an account.</summary>
    Auto,

    /// <summary>What is missing for it is a warning in the log.</summary>
    On,

    Off,
}

/// <summary><c>traffic:</c> (docs/traffic.md), validated.</summary>
public sealed record TrafficSettings
{
    public TrafficMode Mode { get; init; } = TrafficMode.Auto;

    public TrafficOptions Options { get; init; } = new();

    public TrafficNaming Kubernetes { get; init; } = TrafficNaming.Auto;

    /// <summary>Where the series with the names of <c>statsagent</c> are served; null: nowhere.</summary>
    public IPEndPoint? Compatible { get; init; }
}
