namespace Scout.Server.Mesh.Probing;

/// <summary>The hands of the core: sockets in the engine, a simulated network elsewhere. Called from <see cref="ProberCore.Advance"/> only.</summary>
internal interface IProbeSender
{
    /// <summary>Sends one packet.</summary>
    /// <param name="sentAt">Monotonic ns, taken right before the send.</param>
    /// <param name="token">What an answer must repeat (the time stamp in the packet); 0 in simulations.</param>
    /// <returns>False when this host could not send (no buffers); a network that refuses is a loss like any other: true.</returns>
    bool Udp(in UdpIntent intent, out long sentAt, out ulong token);

    /// <summary>Starts one connection; its end comes by <see cref="ProberCore.TcpEnded"/>.</summary>
    /// <returns>False when this host could not (no descriptors).</returns>
    bool Tcp(in TcpIntent intent, out long sentAt);

    /// <summary>The time of a TCP probe is over: forget the connection. The phases it reached in ns, -1 when not reached.</summary>
    (long Connect, long FirstByte) TcpAbandon(int handle);

    /// <summary>Find out where packets to this peer stop. The result goes past the core.</summary>
    void Trace(MeshPath path);
}

/// <param name="Handle">1..65535: the SSID in the packet; names the path in the answer.</param>
/// <param name="Sequence">Octets 0-3.</param>
/// <param name="PortIndex">0..15: which source port.</param>
internal readonly record struct UdpIntent(MeshPath Path, int Handle, uint Sequence, byte PortIndex, ProbeKind Kind);

/// <param name="Handle">Names the path in <see cref="ProberCore.TcpEnded"/>.</param>
/// <param name="Timeout">ns for all phases.</param>
internal readonly record struct TcpIntent(MeshPath Path, int Handle, long Timeout);

/// <summary>A reply as it was read.</summary>
/// <param name="Handle">SSID; 0 when the reflector did not copy it.</param>
/// <param name="Sequence">The sender's number as the reflector repeats it (octets 24-27).</param>
/// <param name="Token">The sender's time stamp as the reflector repeats it (octets 28-35).</param>
/// <param name="ReflectorSequence">Octets 0-3 of the reply.</param>
/// <param name="Stateful">Whether <paramref name="ReflectorSequence"/> is a counter of this session; else directions stay unknown.</param>
/// <param name="Answer">Of Scout's TLV; <see cref="PeerAnswer.None"/> from a foreign reflector.</param>
/// <param name="ReflectorIncarnation">Of Scout's TLV, else 0.</param>
/// <param name="ReceivedAt">Monotonic ns of the kernel's receive stamp, else of reading.</param>
/// <param name="KernelStamp">Whether <paramref name="ReceivedAt"/> is the kernel's.</param>
/// <param name="Residence">ns between receiving and sending at the reflector, on its clock.</param>
internal readonly record struct UdpEcho(
    int Handle, uint Sequence, ulong Token, uint ReflectorSequence, bool Stateful, PeerAnswer Answer, uint ReflectorIncarnation, long ReceivedAt, bool KernelStamp, long Residence);

/// <summary>What the peer says of itself.</summary>
internal enum PeerAnswer : byte
{
    None,
    ItIsMe,
    NotMe,
    Leaving,
}

/// <summary>How a connection ended. Phases in ns since it was started, -1 when not reached.</summary>
/// <param name="Outcome">Ok, Refused, Reset, Unreachable, Status or Identity; the core makes the others.</param>
internal readonly record struct TcpEnd(int Handle, TcpOutcome Outcome, long Connect, long FirstByte, long Total, bool Leaving, uint Incarnation);
