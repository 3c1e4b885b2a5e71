namespace Scout.Checks.Stamp;

/// <summary>What a reflector writes (RFC 8762 section 4.3.1).</summary>
/// <param name="Sequence">The reflector's own number in this session; a stateless reflector copies the sender's.</param>
/// <param name="SendTime">The reflector's clock at sending.</param>
/// <param name="Error">How good that clock is.</param>
/// <param name="SessionId">SSID, copied.</param>
/// <param name="ReceiveTime">The reflector's clock when the packet came.</param>
/// <param name="SenderSequence">The sender's number, copied.</param>
/// <param name="SenderTime">The sender's time, copied.</param>
/// <param name="SenderError">The sender's estimate, copied.</param>
/// <param name="SenderTtl">TTL or hop limit the packet arrived with; 255 also when unknown.</param>
/// <param name="TlvState">Whether <paramref name="Tlv"/> is there and was understood.</param>
/// <param name="Tlv">Scout's TLV.</param>
public readonly record struct StampReply(
    uint Sequence,
    NtpTime SendTime,
    ErrorEstimate Error,
    ushort SessionId,
    NtpTime ReceiveTime,
    uint SenderSequence,
    NtpTime SenderTime,
    ErrorEstimate SenderError,
    byte SenderTtl,
    StampTlvState TlvState,
    StampTlv Tlv)
{
    /// <summary>How long the packet stayed at the reflector, in nanoseconds by its clock; never below 0.</summary>
    public long ResidenceNanoseconds => Math.Max(0, SendTime.NanosecondsSince(ReceiveTime));

    /// <summary>Both clocks claim to be synchronised and count in NTP format, so one-way delays mean something.</summary>
    public bool HasOneWayDelay => Error.IsSynchronised && SenderError.IsSynchronised && !Error.IsPtp && !SenderError.IsPtp;
}
