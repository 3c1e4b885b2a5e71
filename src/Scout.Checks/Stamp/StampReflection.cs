namespace Scout.Checks.Stamp;

/// <summary>What a reflector adds to a packet.</summary>
internal readonly record struct StampReflection(
    uint Sequence, NtpTime ReceiveTime, NtpTime SendTime, ErrorEstimate Error, byte Ttl, uint Incarnation, StampAnswer Answer, StampFlags Flags);
