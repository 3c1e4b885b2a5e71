using Scout.Server.Loop;

namespace Scout.Server.Tests.Loop;

public sealed class BellTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_ring_before_the_sleep_is_not_lost()
    {
        Bell bell = Make();
        bell.Ring();
        bell.Ring();
        Assert.True(Slept(bell, Long) < Long / 2);
    }

    [Fact]
    public void It_sleeps_no_longer_than_it_was_told()
    {
        Bell bell = Make();
        bell.Ring();
        bell.Sleep(Long);
        // The ring was used up.
        Assert.InRange(Slept(bell, TimeSpan.FromMilliseconds(30)).TotalMilliseconds, 25, 10_000);
    }

    [Fact]
    public async Task Every_ring_of_many_threads_ends_a_sleep()
    {
        const int Rounds = 20_000;
        Bell there = Make();
        Bell back = Make();
        int turns = 0;
        Task other = Task.Run(
            () =>
            {
                for (int i = 0; i < Rounds; i++)
                {
                    while (Volatile.Read(ref turns) <= i) there.Sleep(Long);
                    back.Ring();
                }
            },
            TestContext.Current.CancellationToken);
        long start = TimeProvider.System.GetTimestamp();
        for (int i = 0; i < Rounds; i++)
        {
            Interlocked.Increment(ref turns);
            there.Ring();
            if (i % 100 == 0) back.Sleep(TimeSpan.FromMilliseconds(1));
        }

        await other.WaitAsync(Long, TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.True(TimeProvider.System.GetElapsedTime(start) < Long);
    }

    private static TimeSpan Slept(Bell bell, TimeSpan atMost)
    {
        long start = TimeProvider.System.GetTimestamp();
        bell.Sleep(atMost);
        return TimeProvider.System.GetElapsedTime(start);
    }

    private static Bell Make() => new();
}
