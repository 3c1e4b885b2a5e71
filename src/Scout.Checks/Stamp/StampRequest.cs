namespace Scout.Checks.Stamp;

/// <summary>What a sender writes (RFC 8762 section 4.2.1).</summary>
/// <param name="Sequence">Number of the packet, from 0.</param>
/// <param name="SendTime">The sender's clock at sending.</param>
/// <param name="Error">How good that clock is.</param>
/// <param name="SessionId">SSID (RFC 8972 section 3); 0 for none.</param>
/// <param name="TlvState">Whether <paramref name="Tlv"/> is there.</param>
/// <param name="Tlv">Scout's TLV.</param>
public readonly record struct StampRequest(
    uint Sequence, NtpTime SendTime, ErrorEstimate Error, ushort SessionId, StampTlvState TlvState, StampTlv Tlv);
