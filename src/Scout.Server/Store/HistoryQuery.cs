namespace Scout.Server.Store;

/// <summary>What of the history is wanted (server.md section 6).</summary>
internal sealed record HistoryQuery
{
    /// <summary>Which machines; null for all.</summary>
    public Func<string, bool>? Machine { get; init; }

    /// <summary>Empty for all, unless only the audit is wanted.</summary>
    public IReadOnlyCollection<EventKind> Kinds { get; init; } = [];

    /// <summary>Rows of the audit, whatever <see cref="Kinds"/> says.</summary>
    public bool Audit { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Only events with a higher sequence, the oldest of them first. Null: the newest ones that fit the limit.</summary>
    public long? After { get; init; }

    /// <summary>1 to 1,000.</summary>
    public int Limit { get; init; } = 200;
}

/// <summary>Events as stored, oldest first.</summary>
/// <param name="Events">At most as many as asked for.</param>
/// <param name="Truncated">More would have fitted: behind the last with <see cref="HistoryQuery.After"/>, else before the first.</param>
internal sealed record HistoryPage(IReadOnlyList<StoredEvent> Events, bool Truncated);
