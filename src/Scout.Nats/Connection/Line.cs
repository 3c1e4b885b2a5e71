using System.Net.Sockets;
using Scout.Nats.Protocol;
using Scout.Nats.Subscriptions;

namespace Scout.Nats.Connection;

/// <summary>
/// Keeps one session open: connects, waits for its end, connects again. The only writer of the connection's state.
/// </summary>
internal sealed partial class Line : IAsyncDisposable
{
    private static readonly TimeSpan FirstRefusedPause = TimeSpan.FromMilliseconds(50);

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
    private bool tlsNeeded;

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
        candidates.Learn(session.Address, info);
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
        TakeMove()?.TrySetResult(new ObjectDisposedException(nameof(NatsConnection)));
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
        SetState(first ? NatsConnectionState.Connecting : Status.State is NatsConnectionState.Refused ? NatsConnectionState.Refused : NatsConnectionState.Reconnecting,
            first ? "first attempt" : Status.Reason);
        int failures = 0;
        if (!first && !await WaitAsync(backoff.First()).ConfigureAwait(false)) return null;
        while (!stopped.Task.IsCompleted)
        {
            TaskCompletionSource<Exception?>? asked = TakeMove();
            Exception failure;
            try
            {
                Session session = await OpenPatientlyAsync(await candidates.NextAsync(stop.Token).ConfigureAwait(false), stop.Token).ConfigureAwait(false);
                Open(session, first);
                asked?.TrySetResult(null);
                return session;
            }
            catch (Exception error)
            {
                failure = error;
            }

            asked?.TrySetResult(failure);
            if (stopped.Task.IsCompleted) return null;
            failures++;
            bool refused = IsRefusal(failure);
            bool roundIsOver = first && failures >= candidates.Count;
            bool giveUp = first
                ? roundIsOver && !opts.RetryOnInitialConnect
                : opts.MaxReconnectRetry >= 0 && failures >= opts.MaxReconnectRetry;
            SetState(StateAfter(failure, giveUp, roundIsOver), failure.Message);
            observer.OnAttemptFailed(failure);
            if (giveUp) return GiveUp(failure);
            if (roundIsOver) firstAttempt.TrySetResult(failure);
            if (first && !roundIsOver) continue;
            if (!await WaitAsync(backoff.After(failures, refused)).ConfigureAwait(false)) return null;
        }

        return null;
    }

    private NatsConnectionState StateAfter(Exception failure, bool giveUp, bool roundIsOver)
    {
        if (giveUp) return NatsConnectionState.Closed;
        if (IsRefusal(failure)) return NatsConnectionState.Refused;
        return Status.State is NatsConnectionState.Connecting && !roundIsOver ? NatsConnectionState.Connecting : NatsConnectionState.Reconnecting;
    }

    // Credentials that we refuse ourselves, an expired JWT above all, are as good as refused by the server.
    private static bool IsRefusal(Exception failure) => failure is NatsServerException { IsAuthError: true } or NatsCredentialsException;

    private Session? GiveUp(Exception failure)
    {
        firstAttempt.TrySetResult(failure);
        observer.OnGivenUp(failure);
        return null;
    }

    // A server that takes over a configuration refuses logins that were good before and will be good in a moment. What was revoked or has expired is told in other words.
    private async Task<Session> OpenPatientlyAsync(ServerAddress address, CancellationToken cancellationToken)
    {
        long start = opts.TimeProvider.GetTimestamp();
        for (int tries = 0; ; tries++)
        {
            try
            {
                return await OpenAsync(address, cancellationToken).ConfigureAwait(false);
            }
            catch (NatsServerException refused) when (IsPassing(refused) && opts.TimeProvider.GetElapsedTime(start) < opts.RefusedPatience)
            {
                await Task.Delay(FirstRefusedPause * Math.Pow(2, Math.Min(tries, 4)), opts.TimeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static bool IsPassing(NatsServerException refused) => refused.Error.StartsWith("Authorization Violation", StringComparison.OrdinalIgnoreCase);

    private async Task<Session> OpenAsync(ServerAddress address, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(opts.ConnectTimeout, opts.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        Session? session = null;
        try
        {
            using Login login = await Login.ReadAsync(opts, either.Token).ConfigureAwait(false);
            session = new Session(await DialAsync(address, either.Token).ConfigureAwait(false), address, opts, counters, host);
            await session.HandshakeAsync(login, tlsNeeded || TlsClient.IsRequired(opts, address), either.Token).ConfigureAwait(false);
            return session;
        }
        catch (Exception error)
        {
            if (session is not null) await session.DisposeAsync().ConfigureAwait(false);
            // A server that said otherwise in INFO: the next attempt is encrypted.
            tlsNeeded |= error is NatsServerException { Error: var text } && text.StartsWith("Secure Connection", StringComparison.OrdinalIgnoreCase);
            if (error is NatsException) throw;
            if (error is OperationCanceledException && deadline.IsCancellationRequested)
                throw new NatsConnectionFailedException($"The server {address} did not finish the handshake within {opts.ConnectTimeout.TotalSeconds:0.###} s (waiting for {session?.Stage ?? "TCP"}).", error);
            throw new NatsConnectionFailedException($"Cannot connect to {address}: {error.Message}", error);
        }
        finally
        {
            // What was encrypted once is never again sent in the clear, whatever a server says later.
            tlsNeeded |= session is { IsTls: true };
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
        candidates.Learn(session.Address, session.Info);
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
            using var over = new CancellationTokenSource();
            Task asked;
            lock (gate) asked = moveAsked.Task;
            Task what = await Task.WhenAny(session.Ended, stopped.Task, lameDuck.Task, asked, NearExpiry(session, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            if (session.Ended.IsCompleted || stopped.Task.IsCompleted)
            {
                if (stopped.Task.IsCompleted) await FlushAsync(session).ConfigureAwait(false);
                await CloseAsync(session).ConfigureAwait(false);
                return;
            }

            if (what == lameDuck.Task)
            {
                observer.OnLameDuck(session);
                lameDuck = NewSource();
                session = await MoveAwayAsync(session).ConfigureAwait(false);
            }
            else if (what == asked || await HasNewCredentialsAsync(session).ConfigureAwait(false))
            {
                session = await RenewAsync(session).ConfigureAwait(false);
            }
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
            SetState(IsRefusal(reason) ? NatsConnectionState.Refused : NatsConnectionState.Reconnecting, reason.Message);
        observer.OnClosed(session, reason);
    }

    private async Task<bool> WaitAsync(TimeSpan wait)
    {
        Task asked;
        lock (gate) asked = moveAsked.Task;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        Task delay = Task.Delay(wait, opts.TimeProvider, over.Token);
        await Task.WhenAny(delay, asked).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        return !stop.IsCancellationRequested;
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
