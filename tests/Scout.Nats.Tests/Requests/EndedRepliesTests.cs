using System.Collections.Concurrent;
using Scout.Nats.Protocol;
using Scout.Nats.Requests;
using Scout.Testing;

namespace Scout.Nats.Tests.Requests;

public sealed class EndedRepliesTests
{
    [Fact]
    public async Task Each_goes_on_exactly_once_however_many_end_at_the_same_time()
    {
        const int threads = 4;
        const int each = 5_000;
        var ended = new EndedReplies();
        var released = new ConcurrentQueue<int>();
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
            {
                int number = (thread * each) + i;
                ended.Add(new Reply(() => released.Enqueue(number)));
            }
        })));
        await Until.TrueAsync("all went on", () => released.Count >= threads * each, TimeSpan.FromSeconds(30), () => $"{released.Count}");
        Assert.Equal(Enumerable.Range(0, threads * each), released.Order());
    }

    [Fact]
    public async Task Who_blocks_holds_nobody_up_whose_wait_ends_after_it_went_on()
    {
        var ended = new EndedReplies();
        using var gate = new ManualResetEventSlim();
        using var blocked = new ManualResetEventSlim();
        var freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var later = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ended.Add(new Reply(() =>
        {
            blocked.Set();
            gate.Wait();
            freed.SetResult();
        }));
        try
        {
            await Until.TrueAsync("the first one blocks", () => blocked.IsSet, TimeSpan.FromSeconds(30));
            ended.Add(new Reply(later.SetResult));
            await later.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        }
        finally
        {
            gate.Set();
        }

        await freed.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    private sealed class Reply(Action release) : PendingReply
    {
        public override string Subject => "a.subject";

        public override void Complete(in Frame frame, NatsHeaders? headers)
        {
        }

        public override void Fail(Exception error)
        {
        }

        public override void Release() => release();
    }
}
