using System.Collections.Immutable;

namespace Scout.Machines.Watchers;

/// <summary>At most so many starts in any stretch of time (machines.md section 3, <c>remediate</c>). Pure.</summary>
internal static class ExecBudget
{
    /// <summary>The starts that still count. What lies in the future comes from a clock that was stepped back, and counts from now.</summary>
    /// <param name="starts">Wall times, oldest first.</param>
    /// <param name="now">Wall clock.</param>
    /// <param name="per">Length of the sliding window.</param>
    public static ImmutableArray<DateTimeOffset> Counting(ImmutableArray<DateTimeOffset> starts, DateTimeOffset now, TimeSpan per)
    {
        bool same = true;
        foreach (DateTimeOffset start in starts) same &= start <= now && now - start < per;
        if (same) return starts;
        return [.. starts.Select(start => start > now ? now : start).Where(start => now - start < per)];
    }
}
