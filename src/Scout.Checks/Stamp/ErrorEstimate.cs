namespace Scout.Checks.Stamp;

/// <summary>
/// How far a clock may be off (RFC 8762 section 4.2.1, RFC 4656 section 4.1.2): bit S (the clock is synchronised to UTC from outside), bit Z (0 NTP, 1 PTP format),
/// 6 bits scale, 8 bits multiplier: error = multiplier x 2^-32 x 2^scale seconds. A multiplier of 0 is not allowed on the wire.
/// </summary>
/// <param name="Value">The 16 bits, as they are sent.</param>
public readonly record struct ErrorEstimate(ushort Value)
{
    private const ushort SynchronisedBit = 0x8000;
    private const ushort PtpBit = 0x4000;
    private const int MaxScale = 63;

    /// <summary>A clock nobody vouches for: S = 0, an error of one second.</summary>
    public static ErrorEstimate Unsynchronised { get; } = new((32 << 8) | 1);

    public bool IsSynchronised => (Value & SynchronisedBit) != 0;

    /// <summary>The timestamp beside it is in PTP format, which Scout does not read.</summary>
    public bool IsPtp => (Value & PtpBit) != 0;

    public int Scale => (Value >> 8) & 0x3F;

    public int Multiplier => Value & 0xFF;

    /// <summary>False for what no sender may write.</summary>
    public bool IsValid => Multiplier != 0;

    public double Seconds => Multiplier * Math.ScaleB(1, Scale - 32);

    /// <summary>The smallest estimate that covers <paramref name="error"/> (0 and up), in NTP format.</summary>
    public static ErrorEstimate Of(TimeSpan error, bool synchronised)
    {
        UInt128 units = (((UInt128)(ulong)Math.Max(0, error.Ticks) << 32) + (TimeSpan.TicksPerSecond - 1)) / TimeSpan.TicksPerSecond;
        int scale = Math.Max(0, 128 - (int)UInt128.LeadingZeroCount(units) - 8);
        UInt128 multiplier = (units + (UInt128.One << scale) - 1) >> scale;
        if (multiplier > 255)
        {
            multiplier = (multiplier + 1) >> 1;
            scale++;
        }

        if (scale > MaxScale) (scale, multiplier) = (MaxScale, 255);
        return new ErrorEstimate((ushort)((synchronised ? SynchronisedBit : 0) | (scale << 8) | Math.Max(1, (int)multiplier)));
    }
}
