using System.Diagnostics.CodeAnalysis;

namespace Scout.Server.Tests;

/// <summary>Waits for a condition with a deadline and says what was seen when it passes.</summary>
internal static class Wait
{
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> seen, TimeSpan? within = null)
    {
        TimeProvider time = TimeProvider.System;
        long began = time.GetTimestamp();
        while (!await condition())
        {
            if (time.GetElapsedTime(began) > (within ?? TestNode.Patience)) Assert.Fail("waited in vain; seen: " + seen());
            await Task.Delay(TimeSpan.FromMilliseconds(20), time);
        }
    }

    public static Task UntilAsync(Func<bool> condition, Func<string>? seen = null, TimeSpan? within = null) =>
        UntilAsync(() => Task.FromResult(condition()), seen ?? (static () => "nothing"), within);
}
