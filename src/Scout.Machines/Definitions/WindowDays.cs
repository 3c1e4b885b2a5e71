using System.Collections.Immutable;

namespace Scout.Machines.Definitions;

/// <summary>Names of days and sets of them, bit 0 = Sunday.</summary>
internal static class WindowDays
{
    /// <summary>In the order of a week that begins on Monday; people write <c>mon-fri</c> and <c>sat-sun</c>.</summary>
    private static readonly string[] Week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    public static ImmutableArray<string> Names(int days)
    {
        var names = ImmutableArray.CreateBuilder<string>(7);
        for (int i = 0; i < 7; i++)
        {
            if ((days & Bit(i)) != 0) names.Add(Week[i]);
        }

        return names.DrainToImmutable();
    }

    /// <summary><c>mon</c> or <c>mon-fri</c>; a range may run over the end of the week.</summary>
    public static bool TryRead(string text, out int days)
    {
        days = 0;
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        int first = Array.IndexOf(Week, dash < 0 ? text : text[..dash]);
        int last = dash < 0 ? first : Array.IndexOf(Week, text[(dash + 1)..]);
        if (first < 0 || last < 0) return false;
        for (int i = first; ; i = (i + 1) % 7)
        {
            days |= Bit(i);
            if (i == last) return true;
        }
    }

    private static int Bit(int weekday) => 1 << ((weekday + 1) % 7);
}
