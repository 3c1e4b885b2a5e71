using Scout.Server.Outbox;
using Scout.Server.Store;

namespace Scout.Server.Connection;

/// <summary>The stream behind the outbox: one acknowledged publish (nats.md sections 7 and 12).</summary>
internal sealed class JetStreamEvents(NatsConnection connection) : IEventStream
{
    private const int TooLarge = 10054;
    private const int WrongStream = 10060;
    private const int RollupRefused = 10111;
    private const int TtlRefused = 10166;

    private static readonly TimeSpan AckTime = TimeSpan.FromSeconds(5);

    // One instance for all: the headers of an event never change. Nats-Expected-Stream is not among them: the server keeps it on the message, and nats-server
    // 2.9 then refuses the copy into SCOUT_STATE ("expected stream does not match"). The acknowledgement names the stream all the same.
    private readonly NatsHeaders headers = new() { ["Content-Type"] = "application/cloudevents+json" };
    private readonly NatsJSContext jetStream = new(connection);

    public async ValueTask<PublishAnswer> PublishAsync(StoredEvent item, string messageId, CancellationToken cancel)
    {
        try
        {
            PubAckResponse ack = await jetStream.PublishAsync(
                item.Subject, item.Bytes, new NatsJSPubOpts { MsgId = messageId, Timeout = AckTime, RetryAttempts = 0 }, headers, cancel);
            if (ack.Error is not { } error) return new PublishAnswer(PublishResult.Stored, ack.Stream ?? "", ack.Duplicate);
            bool final = error.ErrCode is TooLarge or WrongStream or RollupRefused or TtlRefused;
            return new PublishAnswer(final ? PublishResult.Permanent : PublishResult.Temporary, Reason: $"{error.Description} ({error.ErrCode})");
        }
        catch (NatsJSPublishNoResponseException problem)
        {
            return new PublishAnswer(problem.NoResponders ? PublishResult.Temporary : PublishResult.NoAnswer, Reason: problem.NoResponders ? $"no stream takes {item.Subject}" : problem.Message);
        }
        catch (NatsServerException refused)
        {
            return new PublishAnswer(PublishResult.Refused, Reason: refused.Error);
        }
        catch (NatsPayloadTooLargeException large)
        {
            return new PublishAnswer(PublishResult.Permanent, Reason: large.Message);
        }
        catch (NatsConnectionFailedException lost)
        {
            return new PublishAnswer(PublishResult.Disconnected, Reason: lost.Message);
        }
        catch (NatsNoReplyException late)
        {
            return new PublishAnswer(PublishResult.NoAnswer, Reason: late.Message);
        }
        catch (NatsException other)
        {
            return new PublishAnswer(PublishResult.Temporary, Reason: other.Message);
        }
    }
}
