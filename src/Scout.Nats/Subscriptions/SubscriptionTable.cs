using System.Collections.Concurrent;
using Scout.Nats.Connection;

namespace Scout.Nats.Subscriptions;

/// <summary>
/// Who listens to what. The table outlives lines: it is written to each new one, and what is added or removed meanwhile goes to the line it was
/// last written to, so that nothing falls between two lines.
/// </summary>
internal sealed class SubscriptionTable
{
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<long, Subscription> table = new();
    private Session? line;
    private long lastSid;

    public int Count => table.Count;

    public bool TryGet(long sid, out Subscription subscription) => table.TryGetValue(sid, out subscription!);

    /// <summary>Gives a subscription its number and tells the server. The number is never used again.</summary>
    public void Add(Subscription subscription)
    {
        lock (gate)
        {
            subscription.Sid = ++lastSid;
            table[subscription.Sid] = subscription;
            if (line is not null) Tell(line, subscription);
        }
    }

    public void Remove(Subscription subscription)
    {
        lock (gate)
        {
            if (!table.TryRemove(subscription.Sid, out _)) return;
            line?.Send.PutUnsubscribe(subscription.Sid, 0);
        }
    }

    /// <summary>Writes the whole table to a new line, which gets all later changes.</summary>
    public void MoveTo(Session session)
    {
        lock (gate)
        {
            line = session;
            foreach (Subscription subscription in table.Values)
            {
                Tell(session, subscription);
                subscription.OnNewLine();
            }
        }
    }

    /// <summary>Takes the subscriptions off a line that is not the current one any more.</summary>
    public void UnsubscribeAll(Session old)
    {
        lock (gate)
        {
            foreach (Subscription subscription in table.Values) old.Send.PutUnsubscribe(subscription.Sid, 0);
        }
    }

    /// <summary>Ends the subscriptions the server has refused.</summary>
    public void Fail(string subject, Exception error)
    {
        foreach (Subscription subscription in table.Values)
        {
            if (subscription.Subject != subject) continue;
            table.TryRemove(subscription.Sid, out _);
            subscription.Complete(error);
        }
    }

    public void CompleteAll(Exception? error)
    {
        foreach (Subscription subscription in table.Values) subscription.Complete(error);
    }

    private static void Tell(Session session, Subscription subscription)
    {
        session.Send.PutSubscribe(subscription.Subject, subscription.QueueGroup, subscription.Sid);
        if (subscription.Remaining is > 0 and int remaining) session.Send.PutUnsubscribe(subscription.Sid, remaining);
    }
}
