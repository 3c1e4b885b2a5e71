namespace Scout.Checks.Stamp;

/// <summary>
/// A moment in the 64-bit timestamp format of NTP (RFC 5905 section 6): seconds since 1900 in the upper half, 2^-32 s in the lower. It wraps each 136 years
/// (next in 2036), so moments are compared by their difference, never by size. 0 means "not known".
/// </summary>
/// <param name="Value">The 64 bits, as they are sent.</param>
public readonly record struct NtpTime(ulong Value)
{
    private const long SecondsBefore1970 = 2_208_988_800;
    private const long NanosecondsASecond = 1_000_000_000;

    public bool IsKnown => Value != 0;

    /// <summary>From nanoseconds since 1970 (0 and up), as kernels stamp packets. Exact to 0.24 ns.</summary>
    public static NtpTime FromUnixNanoseconds(long nanoseconds)
    {
        (long seconds, long rest) = Math.DivRem(nanoseconds, NanosecondsASecond);
        return new NtpTime(((ulong)(seconds + SecondsBefore1970) << 32) | (((ulong)rest << 32) / NanosecondsASecond));
    }

    public static NtpTime From(DateTimeOffset moment) => FromUnixNanoseconds((moment.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100);

    /// <summary>Nanoseconds since <paramref name="earlier"/>, rounded down; negative when this is the earlier one. Right for moments up to 68 years apart.</summary>
    public long NanosecondsSince(NtpTime earlier) => (long)(((Int128)(long)(Value - earlier.Value) * NanosecondsASecond) >> 32);
}
