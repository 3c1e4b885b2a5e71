namespace Scout.Checks.Probes.Udp;

/// <summary>What a <c>udp</c> probe says.</summary>
public enum UdpMode
{
    /// <summary>STAMP, to any reflector of RFC 8762.</summary>
    Stamp,

    /// <summary>Any bytes, wanted back as they are.</summary>
    Echo,

    /// <summary>The bytes of <c>send</c>; what comes may have to match.</summary>
    Payload,
}
