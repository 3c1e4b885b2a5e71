namespace Scout.Testing;

/// <summary>
/// The slack of this machine while a test runs (reliability.md, rule 2): a loop that waits 5 ms at a time; its worst oversleep is what a limit on time may be missed by.
/// </summary>
public sealed class Canary : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource stop = new();
    private readonly Task singing;
    private long worst;

    public Canary() => singing = Task.Run(SingAsync);

    /// <summary>The worst oversleep so far.</summary>
    public TimeSpan Lag => TimeSpan.FromTicks(Interlocked.Read(ref worst));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await singing;
        stop.Dispose();
    }

    private async Task SingAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            long begin = TimeProvider.System.GetTimestamp();
            await Task.Delay(Beat, TimeProvider.System, CancellationToken.None);
            long late = (TimeProvider.System.GetElapsedTime(begin) - Beat).Ticks;
            if (late > Interlocked.Read(ref worst)) Interlocked.Exchange(ref worst, late);
        }
    }
}
