using Scout.Nats.Connection;
using Scout.Nats.Protocol;
using Scout.Nats.Subscriptions;

namespace Scout.Nats;

// What comes from the line: messages to their subscriptions, the rest to whoever listens to events.
public sealed partial class NatsConnection : ISessionHost, ILineObserver
{
    void ISessionHost.OnMessage(Session session, in Frame frame, NatsHeaders? headers)
    {
        if (subscriptions.TryGet(frame.Sid, out Subscription subscription)) subscription.Deliver(frame, headers);
        else Interlocked.Increment(ref counters.UnknownSubscription);
    }

    void ISessionHost.OnInfo(Session session, ServerInfo info) => line.OnInfo(session, info);

    void ISessionHost.OnServerError(Session session, ServerErrorKind kind, string text)
    {
        string? subject = ServerErrors.Subject(text);
        var error = new NatsServerException(text);
        if (subject is not null && kind == ServerErrorKind.PublishDenied) replies.FailSubject(subject, error);
        if (subject is not null && kind is ServerErrorKind.SubscribeDenied or ServerErrorKind.InvalidSubject) subscriptions.Fail(subject!, error);
        events.Raise(ServerError, this, new NatsServerErrorEventArgs(text, subject));
    }

    void ILineObserver.OnOpened(Session session) => events.Raise(ConnectionOpened, this, new NatsEventArgs(line.Status.Reason));

    void ILineObserver.OnClosed(Session session, Exception reason)
    {
        replies.FailAll(new NatsConnectionFailedException($"The line broke while a request was under way: {reason.Message}", reason));
        if (reason is NatsServerException or NatsProtocolViolationException || reason.InnerException is NatsServerException)
            events.Raise(ServerError, this, new NatsServerErrorEventArgs(reason.Message, null));
        events.Raise(ConnectionDisconnected, this, new NatsEventArgs(reason.Message));
    }

    void ILineObserver.OnAttemptFailed(Exception reason) => events.Raise(ReconnectFailed, this, new NatsEventArgs(reason.Message));

    void ILineObserver.OnGivenUp(Exception reason) =>
        replies.FailAll(new NatsConnectionFailedException($"The connection was given up: {reason.Message}", reason));

    void ILineObserver.OnLameDuck(Session session) =>
        events.Raise(LameDuckModeActivated, this, new NatsLameDuckModeActivatedEventArgs(session.Address.ToString()));
}
