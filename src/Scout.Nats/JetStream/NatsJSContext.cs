using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Scout.Nats.JetStream;
using Scout.Nats.Protocol;

namespace Scout.Nats;

/// <summary>JetStream over a connection: publishing with acknowledgement, streams, consumers.</summary>
public sealed partial class NatsJSContext(NatsConnection connection, NatsJSOpts? opts = null)
{
    public NatsConnection Connection { get; } = connection;

    public NatsJSOpts Opts { get; } = opts ?? new NatsJSOpts { Domain = connection.Opts.JetStreamDomain };

    /// <summary>
    /// Publishes and waits for the stream's word. With a message id it may be repeated. Many may be under way at the same time; their frames leave in the
    /// order of the calls.
    /// </summary>
    /// <returns>The acknowledgement; <see cref="PubAckResponse.EnsureSuccess"/> throws when the stream refused the message.</returns>
    /// <exception cref="NatsJSPublishNoResponseException">Nobody listens on the subject, or no acknowledgement came in time.</exception>
    /// <exception cref="NatsJSException">The answer is no acknowledgement, or one of another stream than <see cref="NatsJSPubOpts.ExpectedStream"/>.</exception>
    /// <exception cref="NatsServerException">We may not publish there.</exception>
    /// <exception cref="NatsConnectionFailedException">The line broke, or there was none.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<PubAckResponse> PublishAsync<T>(
        string subject, T? data, NatsJSPubOpts? opts = null, NatsHeaders? headers = null, CancellationToken cancellationToken = default)
    {
        int retries = opts?.RetryAttempts ?? 2;
        PublishHeaders? more = Headers(opts);
        while (true)
        {
            var waiter = new AckReply(subject, opts?.ExpectedStream);
            await Connection.SendRequestAsync(waiter, subject, data, headers, more, opts?.Timeout ?? Connection.Opts.RequestTimeout, cancellationToken)
                .ConfigureAwait(false);
            PubAckResponse? ack;
            using (waiter.CancelWith(cancellationToken)) ack = await waiter.Answer.ConfigureAwait(false);
            if (ack is not null) return ack;
            if (retries-- <= 0) throw new NatsJSPublishNoResponseException(subject, noResponders: true);
            await Task.Delay(opts?.RetryWaitBetweenAttempts ?? Opts.RetryWait, Connection.Opts.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Publishes, and gives back the acknowledgement that is still to come. Nothing is repeated.</summary>
    public async ValueTask<NatsJSPublishConcurrentFuture> PublishConcurrentAsync<T>(
        string subject, T? data, NatsJSPubOpts? opts = null, NatsHeaders? headers = null, CancellationToken cancellationToken = default)
    {
        var waiter = new AckReply(subject, opts?.ExpectedStream);
        await Connection.SendRequestAsync(
            waiter, subject, data, headers, Headers(opts), opts?.Timeout ?? Connection.Opts.RequestTimeout, cancellationToken).ConfigureAwait(false);
        return new NatsJSPublishConcurrentFuture(Connection, waiter);
    }

    public async ValueTask<AccountInfoResponse> GetAccountInfoAsync(CancellationToken cancellationToken = default) =>
        await CallAsync("INFO", ReadOnlyMemory<byte>.Empty, JSJson.Strict.AccountInfoResponse, cancellationToken).ConfigureAwait(false);

    /// <summary>Makes one call of the API and reads its answer.</summary>
    /// <exception cref="NatsJSApiException">JetStream answered with an error.</exception>
    /// <exception cref="NatsJSApiNoResponseException">Nobody answered.</exception>
    /// <exception cref="NatsJSException">The answer is not what it should be.</exception>
    internal async ValueTask<T> CallAsync<T>(string call, ReadOnlyMemory<byte> body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : ApiResponse
    {
        NatsMsg<ReadOnlyMemory<byte>> answer = await CallRawAsync(call, body, cancellationToken).ConfigureAwait(false);
        return Read(call, answer.Data, type);
    }

    internal async ValueTask<NatsMsg<ReadOnlyMemory<byte>>> CallRawAsync(string call, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        string subject = $"{Opts.Prefix}.{call}";
        var replyOpts = new NatsSubOpts { Timeout = Opts.RequestTimeout };
        for (int retries = Opts.RetryAttempts; ; retries--)
        {
            try
            {
                NatsMsg<ReadOnlyMemory<byte>> answer = await Connection.RequestAsync<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(
                    subject, body, replyOpts: replyOpts, cancellationToken: cancellationToken).ConfigureAwait(false);
                if (retries <= 0 || !IsElection(answer.Data)) return answer;
            }
            catch (NatsNoRespondersException)
            {
                if (retries <= 0) throw new NatsJSApiNoResponseException(subject, noResponders: true);
            }
            catch (NatsNoReplyException)
            {
                throw new NatsJSApiNoResponseException(subject, noResponders: false);
            }

            await Task.Delay(Opts.RetryWait, Connection.Opts.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    internal static T Read<T>(string call, ReadOnlyMemory<byte> json, JsonTypeInfo<T> type)
        where T : ApiResponse
    {
        T? answer;
        try
        {
            answer = JsonSerializer.Deserialize(json.Span, type);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new NatsJSException($"The answer to {call} cannot be read: {error.Message}", error);
        }

        if (answer is null) throw new NatsJSException($"The answer to {call} is empty.");
        if (answer.Error is not null) throw new NatsJSApiException(answer.Error);
        if (answer.Type is null || !answer.Type.StartsWith("io.nats.jetstream.api.", StringComparison.Ordinal))
            throw new NatsJSException($"The answer to {call} is not one of JetStream.");
        return answer;
    }

    internal static ReadOnlyMemory<byte> Json<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    private static bool IsElection(ReadOnlyMemory<byte> json) =>
        json.Length < 1024 && json.Span.IndexOf("\"error\""u8) >= 0 && json.Span.IndexOf("503"u8) >= 0;

    private static PublishHeaders? Headers(NatsJSPubOpts? opts)
    {
        if (opts is null) return null;
        if (opts.MsgId is not null) HeaderText.ThrowUnlessValue(opts.MsgId);
        if (opts.ExpectedStream is not null) HeaderText.ThrowUnlessValue(opts.ExpectedStream);
        if (opts.ExpectedLastMsgId is not null) HeaderText.ThrowUnlessValue(opts.ExpectedLastMsgId);
        return new PublishHeaders
        {
            MsgId = opts.MsgId,
            ExpectedStream = opts.ExpectedStream,
            ExpectedLastMsgId = opts.ExpectedLastMsgId,
            ExpectedLastSequence = opts.ExpectedLastSequence,
            ExpectedLastSubjectSequence = opts.ExpectedLastSubjectSequence,
        };
    }
}
