namespace Scout.Traffic;

/// <summary>Peer ids that mean something by themselves; services begin at <see cref="FirstService"/> and are never used again while the process lives.</summary>
public static class TrafficPeers
{
    /// <summary>A remote address of no known service.</summary>
    public const uint Other = 0;

    /// <summary>The loopback device: 127.0.0.1, ::1, and a pod's calls to itself.</summary>
    public const uint Loopback = 1;

    public const uint FirstService = 2;
}
