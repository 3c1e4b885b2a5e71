using System.Globalization;
using System.Runtime.CompilerServices;
using Scout.Nats.Protocol;

namespace Scout.Nats.JetStream;

/// <summary>Direct gets: one request, one stored message, no consumer.</summary>
internal static class DirectGet
{
    /// <summary>Asks for a message; null when there is none.</summary>
    /// <exception cref="NatsJSApiException">The server refuses the request.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<NatsJSStreamMsg<T>?> TryGetAsync<T>(
        NatsJSContext js, string stream, StreamMsgGetRequest request, CancellationToken cancellationToken)
    {
        NatsMsg<T> answer = await AskAsync<T>(js, stream, request, cancellationToken).ConfigureAwait(false);
        if (answer.Headers is null) throw new NatsJSException($"The answer to a direct get from {stream} has no headers.");
        // A stored message may have any status, its publisher's; the server's own answers have no sequence.
        if (answer.Headers.Code == 0 || answer.Headers.ContainsKey("Nats-Sequence")) return Read(stream, answer);
        if (answer.Headers.Code == 404) return null;
        throw new NatsJSApiException(new ApiError { Code = answer.Headers.Code, Description = answer.Headers.MessageText });
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<NatsMsg<T>> AskAsync<T>(
        NatsJSContext js, string stream, StreamMsgGetRequest request, CancellationToken cancellationToken)
    {
        // The last message of a subject has a form of its own, the one that permissions can bound.
        bool bySubject = request is { LastBySubj: not null, Seq: 0, NextBySubj: null } && request.LastBySubj.AsSpan().IndexOfAny('*', '>') < 0;
        string subject = bySubject ? $"{js.Opts.Prefix}.DIRECT.GET.{stream}.{request.LastBySubj}" : $"{js.Opts.Prefix}.DIRECT.GET.{stream}";
        ReadOnlyMemory<byte> body = bySubject ? default : Body(request);
        var replyOpts = new NatsSubOpts { Timeout = js.Opts.RequestTimeout };
        for (int retries = js.Opts.RetryAttempts; ; retries--)
        {
            try
            {
                return await js.Connection.RequestAsync<ReadOnlyMemory<byte>, T>(subject, body, replyOpts: replyOpts, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (NatsNoRespondersException)
            {
                if (retries <= 0) throw new NatsJSApiNoResponseException(subject, noResponders: true);
            }
            catch (NatsNoReplyException)
            {
                throw new NatsJSApiNoResponseException(subject, noResponders: false);
            }

            await Task.Delay(js.Opts.RetryWait, js.Connection.Opts.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    // By sequence alone is what reading a range asks for, again and again.
    private static ReadOnlyMemory<byte> Body(StreamMsgGetRequest request)
    {
        if (request is not { LastBySubj: null, NextBySubj: null, Seq: > 0 }) return NatsJSContext.Json(request, JSJson.Strict.StreamMsgGetRequest);
        byte[] json = new byte[28];
        "{\"seq\":"u8.CopyTo(json);
        request.Seq.TryFormat(json.AsSpan(7), out int digits, provider: CultureInfo.InvariantCulture);
        json[7 + digits] = (byte)'}';
        return json.AsMemory(0, 8 + digits);
    }

    // Who published the message chose its subject and most of its headers, and may have broken them so that the first header which the server adds is a part of his last
    // (Nats-Stream). The other three stand on lines of their own, as the last of their names. Nothing else is asked of it here: one bad message must not hide all others.
    private static NatsJSStreamMsg<T> Read<T>(string stream, NatsMsg<T> answer)
    {
        NatsHeaders headers = answer.Headers!;
        if (headers.TryGetLastValue("Nats-Subject", out string? subject)
            && headers.TryGetLastValue("Nats-Sequence", out string? text) && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong sequence)
            && headers.TryGetLastValue("Nats-Time-Stamp", out string? time)
            && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset timestamp))
            return new NatsJSStreamMsg<T>(subject, sequence, timestamp, headers, answer.Data);
        throw new NatsJSException($"The answer to a direct get from {stream} lacks the headers of a stored message.");
    }
}
