namespace Scout.Checks.Stamp;

/// <summary>What came with a packet.</summary>
/// <param name="Source">Who sent it.</param>
/// <param name="MonotonicNanoseconds">Now, by a clock that never steps; limits and idle sessions count with it.</param>
/// <param name="ReceiveTime">When it arrived, best by the kernel's stamp.</param>
/// <param name="SendTime">When the reply leaves; <see cref="StampPacket.SetSendTime"/> can put in a later one.</param>
/// <param name="Ttl">TTL or hop limit it arrived with; 255 when not known.</param>
public readonly record struct StampArrival(StampSource Source, long MonotonicNanoseconds, NtpTime ReceiveTime, NtpTime SendTime, byte Ttl);
