using System.Globalization;
using System.Threading.Channels;
using Scout.Nats.Subscriptions;

namespace Scout.Nats.JetStream;

/// <summary>One fetch loop: an inbox of its own, requests to the consumer, and what the server says in between.</summary>
internal sealed class PullSubscription<T> : IAsyncDisposable
{
    private const int Spare = 64;

    private readonly NatsJSContext js;
    private readonly string subject;
    private readonly NatsSub<T> sub;
    private readonly TimeSpan silence;

    /// <param name="capacity">Messages that may be asked for at a time: the channel holds them all, so that none is dropped.</param>
    /// <param name="heartbeat">How often the server is to say that it is there; zero for never.</param>
    /// <param name="expires">How long a request lasts.</param>
    public PullSubscription(NatsJSContext js, string stream, string consumer, int capacity, TimeSpan heartbeat, TimeSpan expires)
    {
        this.js = js;
        subject = $"{js.Opts.Prefix}.CONSUMER.MSG.NEXT.{stream}.{consumer}";
        Heartbeat = heartbeat;
        silence = heartbeat > TimeSpan.Zero ? heartbeat * 2 : expires + TimeSpan.FromSeconds(1);
        sub = js.Connection.AddSubscription<T>(js.Connection.NewInbox(), null, new NatsSubOpts { ChannelCapacity = (capacity * 2) + Spare }, tellOfNewLine: true);
    }

    public TimeSpan Heartbeat { get; }

    /// <summary>The message of the last <see cref="PullEvent.Message"/>.</summary>
    public NatsJSMsg<T> Message { get; private set; }

    /// <summary>Messages the ended request had left, at the last <see cref="PullEvent.EndOfBatch"/>; -1 when the server did not say.</summary>
    public int Left { get; private set; }

    public ValueTask RequestAsync(PullRequest request, CancellationToken cancellationToken) => js.Connection.PublishAsync(
        subject, NatsJSContext.Json(request, JSJson.Strict.PullRequest), replyTo: sub.Subject, cancellationToken: cancellationToken);

    /// <summary>What comes next, waiting no longer than two heartbeats.</summary>
    /// <exception cref="NatsJSException">The server ended the request with an error.</exception>
    public async ValueTask<PullEvent> NextAsync(CancellationToken cancellationToken)
    {
        if (!sub.Msgs.TryRead(out NatsMsg<T> message))
        {
            try
            {
                Task<bool> more = sub.Msgs.WaitToReadAsync(cancellationToken).AsTask();
                if (!await more.WaitAsync(silence, js.Connection.Opts.TimeProvider, cancellationToken).ConfigureAwait(false))
                    throw new NatsJSException("The connection was closed.");
            }
            catch (TimeoutException)
            {
                return PullEvent.AskAgain;
            }

            if (!sub.Msgs.TryRead(out message)) return PullEvent.Heartbeat;
        }

        // What has a place in the stream is a message, whatever status its publisher wrote there.
        if (NatsJSMsgMetadata.TryParse(message.ReplyTo, out NatsJSMsgMetadata metadata))
        {
            Message = new NatsJSMsg<T>(message, metadata);
            return PullEvent.Message;
        }

        return message.Headers is { Code: not 0 } headers && message.Size == 0 ? await StatusAsync(message, headers, cancellationToken).ConfigureAwait(false) : PullEvent.Heartbeat;
    }

    public ValueTask DisposeAsync() => sub.DisposeAsync();

    private async ValueTask<PullEvent> StatusAsync(NatsMsg<T> message, NatsHeaders headers, CancellationToken cancellationToken)
    {
        string text = headers.MessageText;
        switch (headers.Code)
        {
            case NatsSub<T>.NewLine:
                return PullEvent.AskAgain;
            case 100:
                // Flow control wants an answer, a heartbeat does not.
                if (message.ReplyTo is not null) await message.ReplyAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                return PullEvent.Heartbeat;
            case 404 or 408:
            case 409 when Begins(text, "Batch Completed") || Begins(text, "Message Size Exceeds MaxBytes"):
                Left = headers.TryGetLastValue("Nats-Pending-Messages", out string? left)
                    && int.TryParse(left, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count : -1;
                return PullEvent.EndOfBatch;
            case 503:
            case 409 when Begins(text, "Leadership Change") || Begins(text, "Server Shutdown"):
                return PullEvent.BackOff;
            default:
                throw new NatsJSApiException(new ApiError { Code = headers.Code, Description = text.Length > 0 ? text : "unknown status of a pull request" });
        }
    }

    private static bool Begins(string text, string beginning) => text.StartsWith(beginning, StringComparison.OrdinalIgnoreCase);
}
