namespace Scout.Testing;

/// <summary>Waits for a condition with a deadline, and says what was seen when the deadline passes.</summary>
public static class Until
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    /// <param name="what">What is waited for, for the message.</param>
    /// <param name="condition">Asked every 25 ms.</param>
    /// <param name="within">Deadline; 20 s when not given.</param>
    /// <param name="seen">Describes what there is instead, for the message.</param>
    public static async Task TrueAsync(string what, Func<Task<bool>> condition, TimeSpan? within = null, Func<string>? seen = null)
    {
        TimeSpan limit = within ?? TimeSpan.FromSeconds(20);
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException($"{what}: not within {limit.TotalSeconds:0.#} s.{(seen is null ? "" : " Seen instead:\n" + seen())}");
            }

            await Task.Delay(Poll, TimeProvider.System);
        }
    }

    /// <inheritdoc cref="TrueAsync(string, Func{Task{bool}}, TimeSpan?, Func{string}?)"/>
    public static Task TrueAsync(string what, Func<bool> condition, TimeSpan? within = null, Func<string>? seen = null) =>
        TrueAsync(what, () => Task.FromResult(condition()), within, seen);
}
