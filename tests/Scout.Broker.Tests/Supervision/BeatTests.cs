using Scout.Broker.Supervision;

namespace Scout.Broker.Tests.Supervision;

public sealed class BeatTests
{
    [Fact]
    public async Task A_look_that_fails_is_told_and_the_next_one_comes()
    {
        var time = new ManualTime();
        var log = new LogBook();
        using var stop = new CancellationTokenSource();
        int looks = 0;
        Task beat = Beat.EachAsync("certificate", TimeSpan.FromHours(1), () => ++looks switch
        {
            1 => throw new InvalidOperationException("nobody thought of this"),
            2 => Task.FromException(new IOException("no space")),
            3 => Task.FromCanceled(new CancellationToken(true)),
            _ => Task.CompletedTask,
        }, log.CreateLogger("broker"), time, stop.Token);
        for (int wanted = 1; wanted <= 5; wanted++)
        {
            await Until.TrueAsync($"look {wanted}", () =>
            {
                if (looks < wanted) time.Advance(TimeSpan.FromMinutes(20));
                return looks >= wanted;
            });
        }

        Assert.Contains("nobody thought of this", log.Text, StringComparison.Ordinal);
        Assert.Contains("no space", log.Text, StringComparison.Ordinal);
        await stop.CancelAsync();
        await beat.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
