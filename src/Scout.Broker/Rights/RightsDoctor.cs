namespace Scout.Broker.Rights;

/// <summary>
/// Tries rights on a line, one after the other, and tells which are not as the role says (security.md 14). Nothing comes of it: every message names a stream that does
/// not exist, so that no stream stores it and no node takes it for a request.
/// </summary>
public static class RightsDoctor
{
    // Node and token holders may have few subscriptions at once; the inbox is one of them.
    private const int SubscriptionsAtOnce = 2;
    private const int RequestsAtOnce = 32;
    // No request of JetStream that could be taken for one: an empty one would pull a message.
    private static readonly byte[] Body = [.. "scout-doctor"u8];

    /// <summary>Tries them all. The line must be open, and have the inbox prefix of its user.</summary>
    /// <exception cref="NatsException">The line broke.</exception>
    public static async Task<IReadOnlyList<RightDifference>> TryAsync(NatsConnection nats, IReadOnlyList<RightTrial> trials, CancellationToken stop)
    {
        List<RightDifference> differences = [];
        foreach (RightTrial[] batch in trials.Where(static one => one.Publish).Chunk(RequestsAtOnce))
        {
            Compare(batch, await MayPublishAsync(nats, batch, stop), differences);
        }

        foreach (RightTrial[] batch in trials.Where(static one => !one.Publish).Chunk(SubscriptionsAtOnce))
        {
            Compare(batch, await MaySubscribeAsync(nats, batch, stop), differences);
        }

        return differences;
    }

    private static void Compare(RightTrial[] batch, bool[] may, List<RightDifference> differences)
    {
        for (int i = 0; i < batch.Length; i++)
        {
            if (batch[i].Wanted != may[i]) differences.Add(new RightDifference(batch[i]));
        }
    }

    // A request whose subject is denied fails with the server's word for it, which has come when a round trip behind it is over. Whatever else becomes of it, it was let through.
    private static async Task<bool[]> MayPublishAsync(NatsConnection nats, RightTrial[] batch, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task<bool>[] asked = [.. batch.Select(trial => PublishAsync(nats, trial.Subject, over.Token))];
        await nats.PingAsync(stop);
        await over.CancelAsync();
        bool[] may = await Task.WhenAll(asked);
        stop.ThrowIfCancellationRequested();
        return may;
    }

    private static async Task<bool> PublishAsync(NatsConnection nats, string subject, CancellationToken over)
    {
        try
        {
            await nats.RequestAsync<byte[], byte[]>(subject, Body, new NatsHeaders { ["Nats-Expected-Stream"] = RightTrials.Nobody }, cancellationToken: over);
            return true;
        }
        catch (NatsServerException)
        {
            return false;
        }
        catch (Exception heard) when (heard is NatsNoRespondersException or NatsNoReplyException or OperationCanceledException)
        {
            return true;
        }
    }

    private static async Task<bool[]> MaySubscribeAsync(NatsConnection nats, RightTrial[] batch, CancellationToken stop)
    {
        var subscriptions = new List<INatsSub<byte[]>>();
        try
        {
            foreach (RightTrial trial in batch) subscriptions.Add(await nats.SubscribeCoreAsync<byte[]>(trial.Subject, opts: new NatsSubOpts { ChannelCapacity = 1 }, cancellationToken: stop));
            // What the server thinks of them has come before its answer to this.
            await nats.PingAsync(stop);
            return [.. subscriptions.Select(static one => !IsRefused(one))];
        }
        finally
        {
            foreach (INatsSub<byte[]> one in subscriptions) await one.DisposeAsync();
        }
    }

    private static bool IsRefused(INatsSub<byte[]> subscription)
    {
        // What was delivered stands before the end of the channel.
        while (subscription.Msgs.TryRead(out _))
        {
        }

        return subscription.Msgs.Completion.IsFaulted;
    }
}
