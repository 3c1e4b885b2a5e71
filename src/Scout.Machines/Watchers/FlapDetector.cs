using Scout.Machines.Definitions;

namespace Scout.Machines.Watchers;

/// <summary>A ring of 20 bits over counted results, 1 where the raw status changed (machines.md 7.3). Bit 0 is the newest. Pure.</summary>
internal static class FlapDetector
{
    public const int Size = 20;

    private const int Mask = (1 << Size) - 1;

    /// <summary>The ring with one more result in it; the first result of all is no change.</summary>
    public static int Push(int ring, CheckStatus? before, CheckStatus now) =>
        ((ring << 1) | (before is { } last && last != now ? 1 : 0)) & Mask;

    /// <summary><c>5 * sum(bit_i * (0.8 + 0.02 * i))</c>, i from 0 (oldest) to 19 (newest): 0 to 99 percent.</summary>
    public static double Percent(int ring)
    {
        // In tenths of a percent, so that sums are exact: 5 * (0.8 + 0.02 i) is 4.0 + 0.1 i.
        int tenths = 0;
        for (int age = 0; age < Size; age++)
        {
            if ((ring & (1 << age)) != 0) tenths += 40 + (Size - 1 - age);
        }

        return tenths / 10.0;
    }

    /// <summary>Begins above the high limit, ends at or below the low one.</summary>
    public static bool IsFlapping(bool already, int ring, FlappingLimits? limits)
    {
        if (limits is null || ring == 0) return false;
        return already ? Percent(ring) > limits.Low : Percent(ring) > limits.High;
    }
}
