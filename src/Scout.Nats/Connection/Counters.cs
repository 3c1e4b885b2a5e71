namespace Scout.Nats.Connection;

/// <summary>The counters of a connection, written by its loops.</summary>
internal sealed class Counters
{
    public long ReceivedMessages;
    public long ReceivedBytes;
    public long SentMessages;
    public long SentBytes;
    public long Reconnects;
    public long DroppedMessages;
    public long UnknownSubscription;
    public long StrayReplies;
    public long ProtocolViolations;
    public long BrokenMessages;
}
