using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Scout.Nats.Protocol;

namespace Scout.Nats.Connection;

/// <summary>
/// One TCP connection from its first byte to its last: handshake, read loop, keepalive. It ends once, with a reason, and is not used again.
/// </summary>
internal sealed class Session : IAsyncDisposable
{
    private const int MaxUnaskedPongs = 2;

    private readonly Socket socket;
    private Stream stream;
    private readonly NatsOpts opts;
    private readonly ISessionHost host;
    private readonly Counters counters;
    private readonly ReceiveBuffer received;
    private readonly TaskCompletionSource<Exception> ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource detached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock pingGate = new();
    private readonly Queue<TaskCompletionSource?> pings = new();
    private ITimer? keepalive;
    private TimeSpan pingInterval;
    private long progressAtLastPing = -1;
    private long progress;
    private int unaskedPongs;
    private int silentPings;
    private bool accepted;
    private int maxPayload = FrameLimits.Payload;
    private Task readLoop = Task.CompletedTask;

    public Session(Socket socket, ServerAddress address, NatsOpts opts, Counters counters, ISessionHost host)
    {
        this.socket = socket;
        this.opts = opts;
        this.host = host;
        this.counters = counters;
        Address = address;
        stream = new NetworkStream(socket, ownsSocket: true);
        received = new ReceiveBuffer(stream);
        Send = new SendBuffer(stream, opts, counters, error => End(new NatsConnectionFailedException("Writing failed: " + error.Message, error)));
    }

    public ServerAddress Address { get; }

    public SendBuffer Send { get; }

    public ServerInfo Info { get; private set; } = new();

    /// <summary>Completes with the reason when the session is over.</summary>
    public Task<Exception> Ended => ended.Task;

    /// <summary>Completes when the line no longer offers this session to publishers.</summary>
    public Task Detached => detached.Task;

    public void Detach() => detached.TrySetResult();

    /// <summary>When the server will end the session because our credentials do; null never.</summary>
    public DateTimeOffset? Expires { get; private set; }

    /// <summary>Whether the line is encrypted.</summary>
    public bool IsTls { get; private set; }

    /// <summary>What the handshake waits for, for people.</summary>
    public string Stage { get; private set; } = "INFO";

    /// <summary>INFO, TLS, CONNECT, PING, PONG. Throws why not; the caller disposes.</summary>
    /// <param name="login">Who we are.</param>
    /// <param name="needsTls">Whether a server that does not offer TLS is left, whatever it says about itself.</param>
    /// <param name="cancellationToken">The deadline of all of it.</param>
    public async Task HandshakeAsync(Login login, bool needsTls, CancellationToken cancellationToken)
    {
        TlsMode mode = opts.TlsOpts.Mode;
        if (mode == TlsMode.Implicit) await UpgradeAsync(login, cancellationToken).ConfigureAwait(false);
        await ReadInfoAsync(cancellationToken).ConfigureAwait(false);
        if (!IsTls && (needsTls || Info.TlsRequired))
        {
            if (mode == TlsMode.Disable) throw new NatsConnectionFailedException($"The server {Address} requires TLS, which TlsMode.Disable forbids.");
            if (!Info.TlsRequired && !Info.TlsAvailable)
                throw new NatsConnectionFailedException($"The server {Address} does not offer TLS, which is required here; nothing was sent to it.");
            // What follows INFO in the clear was put there by somebody who wants it to be taken for the server's.
            if (!received.IsEmpty) throw Violation("bytes in the clear between INFO and TLS");
            await UpgradeAsync(login, cancellationToken).ConfigureAwait(false);
        }

        Expires = login.Expires;
        Stage = "the answer to CONNECT";
        byte[] connect = ConnectMessage.Create(opts, Address, login, Info, IsTls);
        Task pong = EnqueuePing();
        Send.Put([.. connect, .. FrameWriter.Ping]);
        readLoop = Task.Run(ReadLoopAsync, CancellationToken.None);
        await WaitForPongAsync(pong, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>PING, and waits for its PONG: everything sent before has been seen by the server.</summary>
    public Task PingAsync(CancellationToken cancellationToken)
    {
        Task pong;
        lock (pingGate)
        {
            pong = EnqueuePing();
            Send.Put(FrameWriter.Ping);
        }

        return WaitForPongAsync(pong, cancellationToken);
    }

    public void StartKeepalive(TimeSpan interval)
    {
        pingInterval = interval;
        keepalive = opts.TimeProvider.CreateTimer(static state => ((Session)state!).OnKeepalive(), this, interval, interval);
    }

    /// <summary>Ends the session with a reason; only the first one counts.</summary>
    public void End(Exception reason)
    {
        if (!ended.TrySetResult(reason)) return;
        Send.Close();
        FailPings();
        try
        {
            // Wakes a read that is under way.
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
        }
        catch (ObjectDisposedException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        End(new NatsConnectionFailedException("The connection was closed."));
        if (keepalive is not null) await keepalive.DisposeAsync().ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
        await readLoop.ConfigureAwait(false);
    }

    private async Task UpgradeAsync(Login login, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        stream = encrypted;
        Stage = "TLS";
        await new TlsClient(opts.TlsOpts, Address, login.CertificatesPem).UpgradeAsync(encrypted, cancellationToken).ConfigureAwait(false);
        received.Use(encrypted);
        Send.Use(encrypted);
        IsTls = true;
    }

    private async Task ReadInfoAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await received.FillAsync(cancellationToken).ConfigureAwait(false) == 0)
                throw new NatsConnectionFailedException($"The server {Address} closed the connection before its INFO.");
            if (TryTakeInfo()) return;
        }
    }

    private bool TryTakeInfo()
    {
        ParseStatus status = received.TryRead(maxPayload, out Frame frame, out string violation);
        if (status == ParseStatus.NeedMore) return false;
        if (status == ParseStatus.Violation) throw Violation(violation);
        if (frame.Kind == FrameKind.Err) throw Refusal(Encoding.UTF8.GetString(frame.Text));
        if (frame.Kind != FrameKind.Info) throw Violation("the first line is not INFO");
        if (!Merge(frame.Text)) throw Violation("INFO is not JSON of the right types");
        return true;
    }

    private async Task ReadLoopAsync()
    {
        Exception reason;
        try
        {
            do Process();
            while (!Ended.IsCompleted && await FillAsync().ConfigureAwait(false));
            reason = new NatsConnectionFailedException($"The server {Address} closed the connection.");
        }
        catch (Exception error) when (error is NatsException)
        {
            reason = error;
        }
        catch (Exception error)
        {
            reason = new NatsConnectionFailedException($"Reading from {Address} failed: {error.Message}", error);
        }

        if (reason is NatsProtocolViolationException) Interlocked.Increment(ref counters.ProtocolViolations);
        End(reason);
    }

    // The end of a session shuts its socket down, which ends a read: no token is needed.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync()
    {
        int count = await received.FillAsync(CancellationToken.None).ConfigureAwait(false);
        // Bytes of a payload are progress, bytes of a line that does not end are not.
        if (received.IsInPayload) progress++;
        counters.ReceivedBytes += count;
        return count > 0;
    }

    private void Process()
    {
        while (true)
        {
            ParseStatus status = received.TryRead(maxPayload, out Frame frame, out string violation);
            if (status == ParseStatus.NeedMore) return;
            if (status == ParseStatus.Violation) throw Violation(violation);
            Process(frame);
        }
    }

    private void Process(in Frame frame)
    {
        progress++;
        switch (frame.Kind)
        {
            case FrameKind.Msg:
            case FrameKind.HMsg:
            case FrameKind.Skip:
                if (!accepted) throw Violation("a message before the first PONG");
                if (frame.Kind == FrameKind.Skip)
                {
                    Interlocked.Increment(ref counters.BrokenMessages);
                    break;
                }

                // What a publisher broke must not end the line of everybody who listens.
                NatsHeaders? headers = null;
                if (frame.Kind == FrameKind.HMsg && !HeaderText.Read(frame.Headers, out headers)) Interlocked.Increment(ref counters.BrokenMessages);
                counters.ReceivedMessages++;
                host.OnMessage(this, frame, headers);
                break;
            case FrameKind.Ping:
                if (!Send.PutPong()) throw Violation("PINGs faster than it reads the answers");
                break;
            case FrameKind.Pong:
                OnPong();
                break;
            case FrameKind.Info:
                if (!Merge(frame.Text)) throw Violation("INFO is not JSON of the right types");
                if (accepted) host.OnInfo(this, Info);
                break;
            case FrameKind.Err:
                OnError(Encoding.UTF8.GetString(frame.Text));
                break;
        }
    }

    private void OnPong()
    {
        TaskCompletionSource? waiter = null;
        lock (pingGate)
        {
            silentPings = 0;
            if (!pings.TryDequeue(out waiter) && ++unaskedPongs > MaxUnaskedPongs) throw Violation("PONGs nobody asked for");
        }

        accepted = true;
        waiter?.TrySetResult();
    }

    private void OnError(string text)
    {
        ServerErrorKind kind = ServerErrors.Classify(text);
        if (!accepted || !ServerErrors.Stays(kind)) throw Refusal(text);
        host.OnServerError(this, kind, text);
    }

    private bool Merge(ReadOnlySpan<byte> json)
    {
        if (!ServerInfo.TryMerge(Info, json, out ServerInfo info)) return false;
        Info = info;
        maxPayload = FrameLimits.PayloadFor(info.MaxPayload);
        return true;
    }

    private void OnKeepalive()
    {
        bool silent;
        lock (pingGate)
        {
            long seen = Volatile.Read(ref progress);
            silent = seen == progressAtLastPing && ++silentPings >= opts.MaxPingOut;
            if (seen != progressAtLastPing) silentPings = 0;
            progressAtLastPing = seen;
            if (!silent)
            {
                pings.Enqueue(null);
                Send.Put(FrameWriter.Ping);
            }
        }

        if (silent) End(new NatsConnectionFailedException($"The server {Address} has been silent for {pingInterval.TotalSeconds:0.###} s after a PING."));
        else Send.Trim();
    }

    // The caller puts the PING itself, in the same order as the queue.
    private Task EnqueuePing()
    {
        var pong = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (pingGate)
        {
            if (Ended.IsCompleted) pong.TrySetResult();
            else pings.Enqueue(pong);
        }

        return pong.Task;
    }

    private void FailPings()
    {
        lock (pingGate)
        {
            while (pings.TryDequeue(out TaskCompletionSource? waiter)) waiter?.TrySetResult();
        }
    }

    // A session that ends lets go of its pings; the reason is then in Ended.
    private async Task WaitForPongAsync(Task pong, CancellationToken cancellationToken)
    {
        await pong.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (Ended.IsCompleted) throw await Ended.ConfigureAwait(false);
    }

    private NatsException Refusal(string text)
    {
        ServerErrorKind kind = ServerErrors.Classify(text);
        return kind == ServerErrorKind.Refused || !accepted || ServerErrors.Stays(kind)
            ? new NatsServerException(text)
            : new NatsConnectionFailedException($"The server {Address} ended the connection: {text}", new NatsServerException(text));
    }

    private static NatsProtocolViolationException Violation(string what) => new(what);
}
