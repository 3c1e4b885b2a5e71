namespace Scout.Server.Connection;

/// <summary>
/// Requests that our own line brings twice. When credentials are renewed the new line listens before the old one is left, so that nothing is missed; what comes in that moment
/// comes on both. The second copy is refused as every replay is; this says only that it is no attack. Whoever sends the same again at another time, to another subject,
/// with another place for the answer, or more than once, is told of as ever. Any thread.
/// </summary>
internal sealed class SecondCopies(TimeProvider time)
{
    /// <summary>Around the opening of a line, both may deliver.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(3);

    private const int Most = 256;

    private readonly Lock gate = new();
    private readonly Queue<((string Nonce, string Subject, string ReplyTo) Id, long At)> recent = new();
    private readonly HashSet<(string Nonce, string Subject, string ReplyTo)> open = [];
    private long? opened;
    private bool moved;

    /// <summary>A line was opened. The first has none before it.</summary>
    public void LineOpened()
    {
        lock (gate)
        {
            moved = opened is not null;
            opened = time.GetTimestamp();
        }
    }

    /// <summary>A request was taken.</summary>
    public void Accepted(string nonce, string subject, string replyTo)
    {
        lock (gate)
        {
            Prune();
            if (recent.Count >= Most) open.Remove(recent.Dequeue().Id);
            if (open.Add((nonce, subject, replyTo))) recent.Enqueue(((nonce, subject, replyTo), time.GetTimestamp()));
        }
    }

    /// <summary>Whether this is the other copy of one that was taken a moment ago; true once for each.</summary>
    public bool IsSecond(string nonce, string subject, string replyTo)
    {
        lock (gate)
        {
            Prune();
            return moved && time.GetElapsedTime(opened!.Value) <= Overlap && open.Remove((nonce, subject, replyTo));
        }
    }

    private void Prune()
    {
        while (recent.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) > Overlap)
        {
            recent.Dequeue();
            open.Remove(oldest.Id);
        }
    }
}
