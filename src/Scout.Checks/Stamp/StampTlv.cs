namespace Scout.Checks.Stamp;

/// <summary>The value of Scout's TLV (private type 252, 28 octets).</summary>
/// <param name="SenderId">Id of the sending node; 0 for a probe that is no node.</param>
/// <param name="TargetId">Id of the node that is meant; 0 for whoever answers.</param>
/// <param name="SenderIncarnation">Changes when the sender starts again.</param>
/// <param name="ReflectorIncarnation">Written by the reflector; 0 in a request.</param>
/// <param name="Answer">Written by the reflector.</param>
/// <param name="Flags">Of the sender, and of the reflector in the reply.</param>
public readonly record struct StampTlv(
    ulong SenderId, ulong TargetId, uint SenderIncarnation, uint ReflectorIncarnation, StampAnswer Answer, StampFlags Flags);
