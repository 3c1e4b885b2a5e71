using Scout.Server.Loop;

namespace Scout.Server.Tests.Loop;

/// <summary>The loop on its own thread and on the real clock: who wakes it, and what may wait.</summary>
public sealed class NodeLoopTests : IDisposable
{
    private readonly NodeLoop loop = new(TimeProvider.System);
    private readonly List<long> ticks = [];
    private readonly Lock gate = new();
    private long[] due = [];
    private int turns;

    [Fact]
    public async Task What_falls_due_within_the_slack_shares_a_turn_and_nothing_is_fifty_milliseconds_late()
    {
        long start = Now + Ticks(100);
        // 30 due times, one every 2 ms.
        Start(Enumerable.Range(0, 30).Select(i => start + Ticks(2 * i)));
        await Wait.UntilAsync(() => Left == 0, () => "not everything was ticked");
        lock (gate)
        {
            Assert.InRange(ticks.Count, 1, 10);
            Assert.True(ticks[0] >= start, "ticked too early");
        }
    }

    [Fact]
    public async Task Good_results_wait_for_a_turn_that_comes_soon_and_none_for_one_that_does_not()
    {
        Start([]);
        await Wait.UntilAsync(() => Volatile.Read(ref turns) > 0, () => "no turn");
        long before = Now;
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.PostLazily(static state => ((TaskCompletionSource)state!).SetResult(), taken);
        // The next turn is 5 s away: a lazy input wakes the loop as any other does.
        await taken.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(TimeProvider.System.GetElapsedTime(before) < TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task Whatever_is_posted_while_it_naps_is_taken()
    {
        Start(Enumerable.Range(0, 50).Select(i => Now + Ticks(5 * i)));
        int taken = 0;
        for (int i = 0; i < 2_000; i++)
        {
            if (i % 3 == 0) loop.Post(_ => Interlocked.Increment(ref taken));
            else loop.PostLazily(_ => Interlocked.Increment(ref taken), null);
            if (i % 100 == 0) await Task.Delay(TimeSpan.FromMilliseconds(3), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await Wait.UntilAsync(() => Volatile.Read(ref taken) == 2_000 && Left == 0, () => "something was left");
    }

    public void Dispose() => loop.Stop();

    private static long Now => TimeProvider.System.GetTimestamp();

    private int Left
    {
        get
        {
            lock (gate) return due.Length;
        }
    }

    private static long Ticks(double milliseconds) => (long)(milliseconds / 1000 * TimeProvider.System.TimestampFrequency);

    private void Start(IEnumerable<long> times)
    {
        due = [.. times];
        loop.Turned = () => Interlocked.Increment(ref turns);
        loop.Drive(
            () =>
            {
                lock (gate) return due.Length == 0 ? long.MaxValue : due[0];
            },
            () =>
            {
                long now = Now;
                lock (gate)
                {
                    ticks.Add(now);
                    due = [.. due.Where(time => time > now)];
                }
            });
        loop.Start();
    }
}
