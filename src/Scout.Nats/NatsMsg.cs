using System.Text;
using Scout.Nats.Protocol;

namespace Scout.Nats;

/// <summary>A message. Its data is a copy of its own, valid for as long as somebody holds it.</summary>
public readonly record struct NatsMsg<T>(string Subject, string? ReplyTo, int Size, NatsHeaders? Headers, T? Data, NatsConnection? Connection)
{
    /// <summary>Whether this is the server's word that nobody listens (status 503).</summary>
    public bool HasNoResponders => Size == 0 && Headers?.IsStatus(503) == true;

    /// <summary>Answers the sender.</summary>
    /// <exception cref="NatsException">The message wants no answer, or does not come from a connection.</exception>
    public ValueTask ReplyAsync<TReply>(TReply data, NatsHeaders? headers = null, string? replyTo = null, CancellationToken cancellationToken = default) =>
        Answerable().PublishAsync(ReplyTo!, data, headers, replyTo, cancellationToken: cancellationToken);

    /// <summary>Answers the sender without a payload.</summary>
    public ValueTask ReplyAsync(NatsHeaders? headers = null, string? replyTo = null, CancellationToken cancellationToken = default) =>
        Answerable().PublishAsync(ReplyTo!, headers, replyTo, cancellationToken: cancellationToken);

    internal static NatsMsg<T> From(NatsConnection connection, in Frame frame, NatsHeaders? headers, string? subject) => new(
        subject ?? Encoding.UTF8.GetString(frame.Subject),
        frame.ReplyTo.IsEmpty ? null : Encoding.UTF8.GetString(frame.ReplyTo),
        frame.Payload.Length,
        headers,
        Payload.From<T>(frame.Payload),
        connection);

    private NatsConnection Answerable()
    {
        if (string.IsNullOrEmpty(ReplyTo)) throw new NatsException("The message wants no answer: it has no reply subject.");
        return Connection ?? throw new NatsException("The message does not come from a connection.");
    }
}
