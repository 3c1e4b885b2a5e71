using System.Runtime.CompilerServices;
using Scout.Nats.Connection;
using Scout.Nats.Protocol;
using Scout.Nats.Requests;
using Scout.Nats.Subscriptions;

namespace Scout.Nats;

/// <summary>
/// A connection to a NATS server that is made again whenever it is lost. All members may be used from any thread. There is no reconnect buffer: while
/// the line is down a publish waits at most <see cref="NatsOpts.CommandTimeout"/>, then throws.
/// </summary>
public sealed partial class NatsConnection : IAsyncDisposable
{
    private const int MaxScratch = 64 * 1024;

    [ThreadStatic]
    private static byte[]? headerScratch;

    [ThreadStatic]
    private static byte[]? payloadScratch;

    private readonly Counters counters = new();
    private readonly EventQueue events = new();
    private readonly SubscriptionTable subscriptions = new();
    private readonly ReplyTable replies;
    private readonly Line line;
    private string lastSubject = "";
    private string lastReplyTo = "";

    public NatsConnection(NatsOpts? opts = null)
    {
        Opts = opts ?? NatsOpts.Default;
        Subjects.ThrowUnlessPublishable(Opts.InboxPrefix);
        replies = new ReplyTable(this, Opts);
        line = new Line(Opts, counters, subscriptions, this, this);
        subscriptions.Add(new InboxSubscription(replies, counters));
    }

    /// <summary>A line is open (again).</summary>
    public event AsyncEventHandler<NatsEventArgs>? ConnectionOpened;

    /// <summary>The line was lost.</summary>
    public event AsyncEventHandler<NatsEventArgs>? ConnectionDisconnected;

    /// <summary>An attempt at a line failed.</summary>
    public event AsyncEventHandler<NatsEventArgs>? ReconnectFailed;

    /// <summary>A subscription was full.</summary>
    public event AsyncEventHandler<NatsMessageDroppedEventArgs>? MessageDropped;

    /// <summary>The server will end.</summary>
    public event AsyncEventHandler<NatsLameDuckModeActivatedEventArgs>? LameDuckModeActivated;

    /// <summary>The server sent -ERR, or broke the protocol.</summary>
    public event AsyncEventHandler<NatsServerErrorEventArgs>? ServerError;

    public NatsOpts Opts { get; }

    public NatsConnectionState ConnectionState => line.Status.State;

    /// <summary>The state, since when, and why.</summary>
    public NatsConnectionStatus Status => line.Status;

    /// <summary>What the server last said about itself; null before the first line.</summary>
    public ServerInfo? ServerInfo => line.Info;

    public NatsStats Stats => new()
    {
        ReceivedMessages = counters.ReceivedMessages,
        ReceivedBytes = counters.ReceivedBytes,
        SentMessages = counters.SentMessages,
        SentBytes = counters.SentBytes,
        Reconnects = Interlocked.Read(ref counters.Reconnects),
        DroppedMessages = Interlocked.Read(ref counters.DroppedMessages),
        UnknownSubscription = Interlocked.Read(ref counters.UnknownSubscription),
        StrayReplies = Interlocked.Read(ref counters.StrayReplies),
        ProtocolViolations = Interlocked.Read(ref counters.ProtocolViolations),
        BrokenMessages = Interlocked.Read(ref counters.BrokenMessages),
        DroppedEvents = events.Dropped,
        Subscriptions = subscriptions.Count,
        PendingRequests = replies.Count,
    };

    internal bool IsDisposed { get; private set; }

    internal bool LineIsOpen => line.Current is not null;

    /// <summary>Opens the line. Every other member does so too when nobody has called this.</summary>
    /// <exception cref="NatsConnectionFailedException">No candidate could be reached, unless <see cref="NatsOpts.RetryOnInitialConnect"/>.</exception>
    /// <exception cref="NatsServerException">The server refused us, unless <see cref="NatsOpts.RetryOnInitialConnect"/>.</exception>
    public async ValueTask ConnectAsync()
    {
        Exception? failure = await line.StartAsync().ConfigureAwait(false);
        if (failure is null || Opts.RetryOnInitialConnect) return;
        throw failure as NatsException ?? new NatsConnectionFailedException(failure.Message, failure);
    }

    /// <summary>
    /// Makes a new line with the credentials as they are now, moves everything to it, and only then closes the old one: for credentials that were renewed.
    /// Without a line, the wait for the next attempt ends. Done when the attempt is: when it fails, the old line, if there is one, stays.
    /// </summary>
    /// <remarks>
    /// For a moment both lines deliver, so that a message may come twice. An answer goes out on the new line: a server that lets a user answer only what that
    /// very line was asked (<c>resp</c>) refuses it, so renew when nothing is waiting to be answered.
    /// </remarks>
    /// <exception cref="NatsException">The attempt failed; the connection goes on as before.</exception>
    public async ValueTask ReconnectAsync(CancellationToken cancellationToken = default)
    {
        Exception? failure = await line.MoveAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (failure is not null) throw failure as NatsException ?? new NatsConnectionFailedException(failure.Message, failure);
    }

    /// <summary>A round trip to the server; everything published before has been taken by it.</summary>
    public async ValueTask<TimeSpan> PingAsync(CancellationToken cancellationToken = default)
    {
        Session session = line.Current ?? await line.WaitForSessionAsync(Opts.CommandTimeout, cancellationToken).ConfigureAwait(false);
        long start = Opts.TimeProvider.GetTimestamp();
        using var limit = new CancellationTokenSource(Opts.CommandTimeout, Opts.TimeProvider);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await session.PingAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new NatsNoReplyException("The server did not answer a PING in time.");
        }

        return Opts.TimeProvider.GetElapsedTime(start);
    }

    /// <summary>Publishes. Done means: in the send buffer. Nothing is allocated for it unless there are headers or no line.</summary>
    /// <exception cref="ArgumentException">The subject is not one that can be published to.</exception>
    /// <exception cref="NatsPayloadTooLargeException">The payload exceeds the server's <c>max_payload</c>.</exception>
    /// <exception cref="NatsConnectionFailedException">No line within <see cref="NatsOpts.CommandTimeout"/>.</exception>
    public ValueTask PublishAsync<T>(
        string subject, T data, NatsHeaders? headers = null, string? replyTo = null, NatsPubOpts? opts = null, CancellationToken cancellationToken = default)
    {
        _ = opts;
        CheckSubjects(subject, replyTo);
        PutResult result = line.Current is { } session ? Put(session, subject, data, headers, null, replyTo, 0, now: false) : PutResult.Closed;
        return result == PutResult.Done ? ValueTask.CompletedTask : PublishLaterAsync(subject, data, headers, null, replyTo, 0, cancellationToken);
    }

    /// <summary>Publishes a message without a payload.</summary>
    public ValueTask PublishAsync(
        string subject, NatsHeaders? headers = null, string? replyTo = null, NatsPubOpts? opts = null, CancellationToken cancellationToken = default) =>
        PublishAsync<ReadOnlyMemory<byte>>(subject, default, headers, replyTo, opts, cancellationToken);

    /// <summary>A subject of our own for answers, that nobody can guess.</summary>
    public string NewInbox() => $"{Opts.InboxPrefix}.{ReplyTable.NewId()}";

    public async ValueTask DisposeAsync()
    {
        IsDisposed = true;
        await line.DisposeAsync().ConfigureAwait(false);
        var disposed = new ObjectDisposedException(nameof(NatsConnection));
        replies.FailAll(disposed);
        subscriptions.CompleteAll(null);
        replies.Dispose();
        events.Close();
    }

    internal NatsException NoReply(string subject) => LineIsOpen
        ? new NatsNoReplyException($"No answer on '{subject}' in time.")
        : new NatsConnectionFailedException($"No line to the server while '{subject}' waited: {Status.Reason}");

    /// <summary>Puts a frame into the send buffer of a session, if there is room.</summary>
    private static PutResult Put<T>(
        Session session, string subject, T data, NatsHeaders? headers, PublishHeaders? more, string? replyTo, ulong replyToken, bool now)
    {
        PublishFrame frame = Frame(session, subject, data, headers, more, replyTo, replyToken);
        return session.Send.TryPublish(frame, now);
    }

    /// <summary>Puts a frame into the send buffer of a session as soon as there is room, in the order of the calls.</summary>
    private static ValueTask<PutResult> PutWhenRoom<T>(
        Session session, string subject, T data, NatsHeaders? headers, PublishHeaders? more, string? replyTo, ulong replyToken, TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        PublishFrame frame = Frame(session, subject, data, headers, more, replyTo, replyToken);
        return session.Send.PublishWhenRoom(frame, timeout, cancellationToken);
    }

    // The bytes are in scratch memory of this thread: they must be put before anything is awaited.
    private static PublishFrame Frame<T>(
        Session session, string subject, T data, NatsHeaders? headers, PublishHeaders? more, string? replyTo, ulong replyToken)
    {
        byte[] text = payloadScratch ??= new byte[256];
        ReadOnlySpan<byte> payload = Payload.Bytes(data, ref text);
        if (text.Length <= MaxScratch) payloadScratch = text;
        if (payload.Length > session.Info.MaxPayload) throw new NatsPayloadTooLargeException(payload.Length, session.Info.MaxPayload);
        var frame = new PublishFrame { Subject = subject, ReplyTo = replyTo, ReplyToken = replyToken, Payload = payload };
        if (headers is not null || more is not null) frame.Headers = PublishHeaders.Encode(headers, more, ref headerScratch);
        return frame;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PublishLaterAsync<T>(
        string subject, T data, NatsHeaders? headers, PublishHeaders? more, string? replyTo, ulong replyToken, CancellationToken cancellationToken)
    {
        long start = Opts.TimeProvider.GetTimestamp();
        TimeSpan left = Opts.CommandTimeout;
        while (true)
        {
            Session session = line.Current ?? await line.WaitForSessionAsync(left, cancellationToken).ConfigureAwait(false);
            switch (await PutWhenRoom(session, subject, data, headers, more, replyTo, replyToken, left, cancellationToken).ConfigureAwait(false))
            {
                case PutResult.Done:
                    return;
                case PutResult.Cancelled:
                    throw new OperationCanceledException(cancellationToken);
                case PutResult.Full:
                    throw new NatsConnectionFailedException($"The server took nothing for {Opts.CommandTimeout.TotalSeconds:0.###} s.");
            }

            // The session has ended and the line is about to notice.
            left = Opts.CommandTimeout - Opts.TimeProvider.GetElapsedTime(start);
            if (left < TimeSpan.Zero) left = TimeSpan.Zero;
            if (!session.Detached.IsCompleted) await session.Detached.WaitAsync(left, Opts.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    // A subject is mostly the same string again and again: it is looked at once.
    private void CheckSubjects(string subject, string? replyTo)
    {
        if (!ReferenceEquals(subject, lastSubject))
        {
            Subjects.ThrowUnlessPublishable(subject);
            lastSubject = subject;
        }

        if (replyTo is null || ReferenceEquals(replyTo, lastReplyTo)) return;
        Subjects.ThrowUnlessPublishable(replyTo);
        lastReplyTo = replyTo;
    }
}
