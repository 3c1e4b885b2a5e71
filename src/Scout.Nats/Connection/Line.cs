using System.Net.Sockets;
using Scout.Nats.Protocol;
using Scout.Nats.Subscriptions;

namespace Scout.Nats.Connection;

/// <summary>
/// Keeps one session open: connects, waits for its end, connects again. The only writer of the connection's state.
/// </summary>
internal sealed class Line : IAsyncDisposable
{
    private readonly NatsOpts opts;
    private readonly Counters counters;
    private readonly ISessionHost host;
    private readonly ILineObserver observer;
    private readonly SubscriptionTable subscriptions;
    private readonly Backoff backoff;
    private readonly Candidates candidates;
    private readonly CancellationTokenSource stop = new();
    private readonly TaskCompletionSource stopped = NewSource();
    private readonly Lock gate = new();
    private Task? loop;
    private TaskCompletionSource<Exception?> firstAttempt = NewSource<Exception?>();
    private TaskCompletionSource opened = NewSource();
    private TaskCompletionSource lameDuck = NewSource();
    private volatile Session? current;

    public Line(NatsOpts opts, Counters counters, SubscriptionTable subscriptions, ISessionHost host, ILineObserver observer)
    {
        this.opts = opts;
        this.counters = counters;
        this.host = host;
        this.observer = observer;
        this.subscriptions = subscriptions;
        backoff = new Backoff(opts);
        candidates = new Candidates(opts, backoff);
        Status = new NatsConnectionStatus(NatsConnectionState.Closed, opts.TimeProvider.GetUtcNow(), "not connected yet");
    }

    /// <summary>The open session publishers may use, or null.</summary>
    public Session? Current => current;

    public NatsConnectionStatus Status { get; private set; }

    /// <summary>What the last server said; null before the first.</summary>
    public ServerInfo? Info { get; private set; }

    /// <summary>Starts the loop unless it runs, and waits for the outcome of its first attempt at every candidate: null, or why it failed.</summary>
    public Task<Exception?> StartAsync()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(stopped.Task.IsCompleted, typeof(NatsConnection));
            if (loop is null || loop.IsCompleted)
            {
                firstAttempt = NewSource<Exception?>();
                loop = Task.Run(RunAsync);
            }

            return firstAttempt.Task;
        }
    }

    /// <summary>The open session, as soon as there is one. Starts the loop if nobody has.</summary>
    /// <exception cref="NatsConnectionFailedException">None came in time.</exception>
    public async Task<Session> WaitForSessionAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        long start = opts.TimeProvider.GetTimestamp();
        while (true)
        {
            Task<Exception?> first = StartAsync();
            if (current is { } session) return session;
            Task open;
            lock (gate) open = opened.Task;
            TimeSpan left = timeout - opts.TimeProvider.GetElapsedTime(start);
            try
            {
                if (left <= TimeSpan.Zero) throw new TimeoutException();
                Task any = await Task.WhenAny(open, first).WaitAsync(left, opts.TimeProvider, cancellationToken).ConfigureAwait(false);
                if (any == first && await first.ConfigureAwait(false) is { } failure)
                {
                    if (!opts.RetryOnInitialConnect) throw new NatsConnectionFailedException(failure.Message, failure);
                    await open.WaitAsync(left, opts.TimeProvider, cancellationToken).ConfigureAwait(false);
                }
                else if (any == first)
                {
                    await open.WaitAsync(left, opts.TimeProvider, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (TimeoutException)
            {
                throw new NatsConnectionFailedException($"No line to the server for {timeout.TotalSeconds:0.###} s: {Status.Reason}");
            }
        }
    }

    /// <summary>The server will end: look for another one.</summary>
    public void OnInfo(Session session, ServerInfo info)
    {
        Info = info;
        candidates.Learn(info);
        if (info.LameDuckMode && session == current) lameDuck.TrySetResult();
    }

    /// <summary>Ends the loop and the session. What was put before is sent if that takes no longer than a second.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (gate)
        {
            if (!stopped.TrySetResult()) return;
            running = loop;
        }

        await stop.CancelAsync().ConfigureAwait(false);

        if (running is not null) await running.ConfigureAwait(false);
        SetState(NatsConnectionState.Closed, "disposed");
        opened.TrySetException(new ObjectDisposedException(nameof(NatsConnection)));
        _ = opened.Task.Exception;
        firstAttempt.TrySetResult(null);
    }

    private async Task RunAsync()
    {
        bool first = true;
        while (!stopped.Task.IsCompleted)
        {
            Session? session = await ConnectAsync(first).ConfigureAwait(false);
            if (session is null) return;
            first = false;
            await ServeAsync(session).ConfigureAwait(false);
        }
    }

    private async Task<Session?> ConnectAsync(bool first)
    {
        SetState(first ? NatsConnectionState.Connecting : NatsConnectionState.Reconnecting, first ? "first attempt" : Status.Reason);
        int failures = 0;
        if (!first && !await WaitAsync(backoff.First()).ConfigureAwait(false)) return null;
        while (!stopped.Task.IsCompleted)
        {
            Exception failure;
            try
            {
                Session session = await OpenAsync(candidates.Next(), stop.Token).ConfigureAwait(false);
                Open(session, first);
                return session;
            }
            catch (Exception error)
            {
                failure = error;
            }

            if (stopped.Task.IsCompleted) return null;
            failures++;
            bool refused = failure is NatsServerException { IsAuthError: true };
            bool roundIsOver = first && failures >= candidates.Count;
            bool giveUp = first
                ? roundIsOver && !opts.RetryOnInitialConnect
                : opts.MaxReconnectRetry >= 0 && failures >= opts.MaxReconnectRetry;
            SetState(giveUp ? NatsConnectionState.Closed : refused ? NatsConnectionState.Refused : Status.State is NatsConnectionState.Connecting && !roundIsOver ? NatsConnectionState.Connecting : NatsConnectionState.Reconnecting, failure.Message);
            observer.OnAttemptFailed(failure);
            if (giveUp) return GiveUp(failure);
            if (roundIsOver) firstAttempt.TrySetResult(failure);
            if (first && !roundIsOver) continue;
            if (!await WaitAsync(backoff.After(failures, refused)).ConfigureAwait(false)) return null;
        }

        return null;
    }

    private Session? GiveUp(Exception failure)
    {
        firstAttempt.TrySetResult(failure);
        observer.OnGivenUp(failure);
        return null;
    }

    private async Task<Session> OpenAsync(ServerAddress address, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(opts.ConnectTimeout, opts.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Session? session = null;
        try
        {
            session = new Session(await DialAsync(address, either.Token).ConfigureAwait(false), address, opts, counters, host);
            await session.HandshakeAsync(ConnectMessage.Create(opts, address), either.Token).ConfigureAwait(false);
            return session;
        }
        catch (Exception error)
        {
            if (session is not null) await session.DisposeAsync().ConfigureAwait(false);
            if (error is NatsException) throw;
            if (error is OperationCanceledException && deadline.IsCancellationRequested)
                throw new NatsConnectionFailedException($"The server {address} did not finish the handshake within {opts.ConnectTimeout.TotalSeconds:0.###} s.", error);
            throw new NatsConnectionFailedException($"Cannot connect to {address}: {error.Message}", error);
        }
    }

    private static async Task<Socket> DialAsync(ServerAddress address, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Subscriptions are with the server before the first publisher is let through.
    private void Open(Session session, bool first)
    {
        lameDuck = NewSource();
        Info = session.Info;
        candidates.Learn(session.Info);
        subscriptions.MoveTo(session);
        session.StartKeepalive(backoff.PingInterval());
        if (!first) Interlocked.Increment(ref counters.Reconnects);
        current = session;
        SetState(NatsConnectionState.Open, $"connected to {session.Address}");
        lock (gate) opened.TrySetResult();
        firstAttempt.TrySetResult(null);
        observer.OnOpened(session);
        if (session.Info.LameDuckMode) lameDuck.TrySetResult();
    }

    private async Task ServeAsync(Session session)
    {
        while (true)
        {
            Task what = await Task.WhenAny(session.Ended, lameDuck.Task, stopped.Task).ConfigureAwait(false);
            if (what == lameDuck.Task && what.IsCompleted && !session.Ended.IsCompleted)
            {
                observer.OnLameDuck(session);
                lameDuck = NewSource();
                session = await MoveAwayAsync(session).ConfigureAwait(false);
                continue;
            }

            if (stopped.Task.IsCompleted) await FlushAsync(session).ConfigureAwait(false);
            await CloseAsync(session).ConfigureAwait(false);
            return;
        }
    }

    private async Task CloseAsync(Session session)
    {
        lock (gate)
        {
            current = null;
            opened = NewSource();
        }

        session.Detach();
        session.End(new NatsConnectionFailedException("The connection was closed."));
        Exception reason = await session.Ended.ConfigureAwait(false);
        await session.DisposeAsync().ConfigureAwait(false);
        if (!stopped.Task.IsCompleted)
            SetState(reason is NatsServerException { IsAuthError: true } ? NatsConnectionState.Refused : NatsConnectionState.Reconnecting, reason.Message);
        observer.OnClosed(session, reason);
    }

    // The new line is complete before the old one is drained: for a moment both deliver, and nothing is missed.
    private async Task<Session> MoveAwayAsync(Session old)
    {
        foreach (ServerAddress address in candidates.Except(old.Address))
        {
            try
            {
                Session next = await OpenAsync(address, stop.Token).ConfigureAwait(false);
                if (next.Info.LameDuckMode)
                {
                    await next.DisposeAsync().ConfigureAwait(false);
                    continue;
                }

                Open(next, first: false);
                old.Detach();
                await DrainAsync(old).ConfigureAwait(false);
                return next;
            }
            catch (Exception error) when (error is NatsException)
            {
                observer.OnAttemptFailed(error);
            }
        }

        return old;
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

    private async Task<bool> WaitAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, opts.TimeProvider, stop.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void SetState(NatsConnectionState state, string reason)
    {
        if (Status.State == state && Status.Reason == reason) return;
        DateTimeOffset since = Status.State == state ? Status.Since : opts.TimeProvider.GetUtcNow();
        Status = new NatsConnectionStatus(state, since, reason);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
