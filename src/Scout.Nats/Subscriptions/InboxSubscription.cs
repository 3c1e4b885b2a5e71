using Scout.Nats.Connection;
using Scout.Nats.Protocol;
using Scout.Nats.Requests;

namespace Scout.Nats.Subscriptions;

/// <summary>The subscription all answers come to.</summary>
internal sealed class InboxSubscription(ReplyTable replies, Counters counters) : Subscription(replies.Wildcard, null)
{
    public override void Deliver(in Frame frame, NatsHeaders? headers)
    {
        if (!replies.TryComplete(frame, headers)) Interlocked.Increment(ref counters.StrayReplies);
    }

    public override void Complete(Exception? error)
    {
        if (error is not null) replies.FailAll(error);
    }
}
