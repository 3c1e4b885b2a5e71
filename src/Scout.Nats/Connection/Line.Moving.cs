namespace Scout.Nats.Connection;

// From one session to another without a gap: for credentials that were renewed, and away from a server that will end.
internal sealed partial class Line
{
    // A check is due when a tenth of what is left remains, so a week has five of them, the last within seconds of the end.
    private const double ShareUntilCheck = 0.9;
    private static readonly TimeSpan ShortestCheck = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestCheck = TimeSpan.FromDays(1);

    private TaskCompletionSource moveAsked = NewSource();
    private TaskCompletionSource<Exception?>? moved;

    /// <summary>Asks for a new session with the credentials as they are now; null when it is there, or why the attempt failed.</summary>
    public Task<Exception?> MoveAsync()
    {
        _ = StartAsync();
        lock (gate)
        {
            moved ??= NewSource<Exception?>();
            moveAsked.TrySetResult();
            return moved.Task;
        }
    }

    // Whoever asks while an attempt is under way may have newer credentials than it has: that is for the next one.
    private TaskCompletionSource<Exception?>? TakeMove()
    {
        lock (gate)
        {
            TaskCompletionSource<Exception?>? taken = moved;
            moved = null;
            if (moveAsked.Task.IsCompleted) moveAsked = NewSource();
            return taken;
        }
    }

    private Task NearExpiry(Session session, CancellationToken cancellationToken)
    {
        if (session.Expires is not { } end) return Task.Delay(Timeout.InfiniteTimeSpan, opts.TimeProvider, cancellationToken);
        TimeSpan left = end - opts.TimeProvider.GetUtcNow();
        if (left <= ShortestCheck) return Task.Delay(Timeout.InfiniteTimeSpan, opts.TimeProvider, cancellationToken);
        TimeSpan wait = left * ShareUntilCheck;
        return Task.Delay(wait < ShortestCheck ? ShortestCheck : wait > LongestCheck ? LongestCheck : wait, opts.TimeProvider, cancellationToken);
    }

    private async Task<bool> HasNewCredentialsAsync(Session session)
    {
        try
        {
            using Login login = await Login.ReadAsync(opts, stop.Token).ConfigureAwait(false);
            return session.Expires is { } end && (login.Expires is not { } later || later > end);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // What is there cannot be used; the session lives on what it has until its end.
            return false;
        }
    }

    // The same server first: a renewal is no reason to move the load.
    private async Task<Session> RenewAsync(Session old)
    {
        TaskCompletionSource<Exception?>? asked = TakeMove();
        (Session session, Exception? failure) = await MoveAsync(old, includeSame: true).ConfigureAwait(false);
        asked?.TrySetResult(failure);
        return session;
    }

    private async Task<Session> MoveAwayAsync(Session old) => (await MoveAsync(old, includeSame: false).ConfigureAwait(false)).Session;

    // The new line is complete before the old one is drained: for a moment both deliver, and nothing is missed.
    private async Task<(Session Session, Exception? Failure)> MoveAsync(Session old, bool includeSame)
    {
        Exception? failure = null;
        try
        {
            IEnumerable<ServerAddress> others = (await candidates.AllAsync(stop.Token).ConfigureAwait(false)).Where(other => !other.IsSameServer(old.Address));
            foreach (ServerAddress address in includeSame ? others.Prepend(old.Address) : others)
            {
                try
                {
                    Session next = await OpenPatientlyAsync(address, stop.Token).ConfigureAwait(false);
                    if (next.Info.LameDuckMode)
                    {
                        await next.DisposeAsync().ConfigureAwait(false);
                        continue;
                    }

                    Open(next, first: false);
                    old.Detach();
                    // The server has the subscriptions of the new line before it loses those of the old one.
                    await FlushAsync(next).ConfigureAwait(false);
                    await DrainAsync(old).ConfigureAwait(false);
                    return (next, null);
                }
                catch (NatsException error)
                {
                    failure = error;
                    observer.OnAttemptFailed(error);
                }
            }
        }
        catch (Exception error) when (error is NatsException or OperationCanceledException)
        {
            failure = error;
        }

        return (old, failure ?? new NatsConnectionFailedException("There is no other server to move to."));
    }

    private async Task DrainAsync(Session old)
    {
        subscriptions.UnsubscribeAll(old);
        await FlushAsync(old).ConfigureAwait(false);
        await old.DisposeAsync().ConfigureAwait(false);
    }

    private async Task FlushAsync(Session session)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), opts.TimeProvider);
        try
        {
            await session.PingAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is NatsException or OperationCanceledException)
        {
            // The line is gone or stalled; there is nothing left to wait for.
        }
    }
}
