namespace Scout.Kubernetes;

/// <summary>
/// Keeps the objects of a kind and scope as the API server has them. One loop: list, watch, go on, list again when only that helps. A broken API never empties it.
/// </summary>
/// <param name="client">Asks the API.</param>
/// <param name="kind">Kind of the objects.</param>
/// <param name="scope">Which of them.</param>
/// <param name="changed">Called on the mirror's loop, one change at a time: it must only post to a mailbox.</param>
/// <param name="seed">Of the waits.</param>
public sealed class Mirror<T>(KubernetesClient client, ResourceKind<T> kind, Scope scope, Action<MirrorChange<T>> changed, int seed) where T : KubernetesObject
{
    /// <summary>So long without an open watch, and what is known counts as stale.</summary>
    public static readonly TimeSpan StaleAfter = TimeSpan.FromMinutes(2);

    private readonly MirrorTable<T> table = new(changed, client.Options.MaxObjects);
    private readonly MirrorPlan plan = new(seed);
    private readonly MirrorTally tally = new();
    private readonly Lock gate = new();
    private string version = "";
    private bool synced;
    private bool open;
    private bool full;
    private long closedAt = client.Time.GetTimestamp();
    private DateTimeOffset? lastEvent;
    private KubernetesException? lastFailure;

    /// <summary>Plural of its kind, as in counters.</summary>
    public string Kind => kind.Plural;

    /// <summary>The objects as they were last known. Read from any thread.</summary>
    public ImmutableDictionary<ObjectKey, T> Objects => table.Objects;

    /// <summary>How the mirror is now. Read from any thread.</summary>
    public MirrorStatus Status
    {
        get
        {
            lock (gate)
            {
                TimeSpan gone = open ? TimeSpan.Zero : client.Time.GetElapsedTime(closedAt);
                MirrorState state = !synced ? MirrorState.Syncing : gone >= StaleAfter ? MirrorState.Stale : MirrorState.Live;
                return new MirrorStatus(state, open ? null : client.Time.GetUtcNow() - gone, lastEvent, lastFailure?.Message ?? "", lastFailure?.Failure, Objects.Count)
                {
                    Relists = tally.Relists,
                    Events = tally.Events,
                    Dropped = tally.Dropped,
                    StaleFor = gone,
                };
            }
        }
    }

    /// <summary>Runs until cancelled, whatever the API does. Call it once.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        MirrorStep step = plan.First;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                if (step.Delay > TimeSpan.Zero) await Task.Delay(step.Delay, client.Time, ct);
                step = step.Lists ? await ListAsync(step, ct) : await WatchAsync(ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (KubernetesException error)
            {
                step = plan.Failed(error.Failure, error.RetryAfter);
                Note(error, step);
            }
            catch (Exception error)
            {
                LogMessages.Unforeseen(client.Log, error, kind.Plural);
                var failure = new KubernetesException(ApiFailure.Unreadable, error.Message, error);
                step = plan.Ended(StreamEnd.Unreadable, TimeSpan.Zero);
                Note(failure, step);
            }
        }
    }

    private async Task<MirrorStep> ListAsync(MirrorStep step, CancellationToken ct)
    {
        Listing<T> listing = await client.ListAsync(kind, scope, step.From, ct);
        tally.Count(step.Reason);
        if (listing.Unreadable > 0) tally.Count(DropReason.Unreadable, listing.Unreadable);
        if (listing.Oversized.Count > 0) tally.Count(DropReason.Oversized, listing.Oversized.Count);
        version = listing.ResourceVersion;
        (int changes, int refused) = table.Replace(listing.Items, listing.Oversized);
        if (refused > 0) Refuse("a list", refused);
        else full = false;
        bool first = !synced;
        lock (gate)
        {
            synced = true;
            lastFailure = null;
            lastEvent = client.Time.GetUtcNow();
            if (first) closedAt = client.Time.GetTimestamp();
        }

        if (first)
        {
            LogMessages.Synced(client.Log, kind.Plural, Objects.Count);
            changed(new(MirrorChangeType.Synced, null, null));
        }
        else
        {
            LogMessages.Relisted(client.Log, kind.Plural, step.Reason, Objects.Count, changes);
        }

        return plan.Listed();
    }

    private async Task<MirrorStep> WatchAsync(CancellationToken ct)
    {
        using WatchStream<T> stream = await client.OpenWatchAsync(kind, scope, version, ct);
        long opened = client.Time.GetTimestamp();
        lock (gate)
        {
            open = true;
            lastFailure = null;
        }

        try
        {
            (StreamEnd end, KubernetesException? error) = await FollowAsync(stream);
            MirrorStep step = plan.Ended(end, client.Time.GetElapsedTime(opened), error?.RetryAfter);
            if (error is not null) Note(error, step);
            return step;
        }
        finally
        {
            lock (gate)
            {
                open = false;
                closedAt = client.Time.GetTimestamp();
            }
        }
    }

    private async Task<(StreamEnd End, KubernetesException? Error)> FollowAsync(WatchStream<T> stream)
    {
        try
        {
            while (await stream.ReadAsync() is { } found)
            {
                tally.Count(found.Type);
                if (Take(found) is { } end) return (end, found.Error);
            }

            return (stream.SaidSomething ? StreamEnd.Clean : StreamEnd.Mute, null);
        }
        catch (KubernetesException error)
        {
            return (error.Failure == ApiFailure.Silent ? StreamEnd.Silent : StreamEnd.Broken, error);
        }
    }

    /// <summary>Takes one line in; not null when it ends the stream.</summary>
    private StreamEnd? Take(in WatchEvent<T> found)
    {
        lock (gate) lastEvent = client.Time.GetUtcNow();
        switch (found.Type)
        {
            case WatchEventType.Error:
                return found.Error!.Failure == ApiFailure.Expired ? StreamEnd.Expired : StreamEnd.Error;
            case WatchEventType.Unreadable:
                tally.Count(DropReason.Unreadable);
                return StreamEnd.Unreadable;
            case WatchEventType.Oversized:
                tally.Count(DropReason.Oversized);
                return null;
            case WatchEventType.Unknown:
                tally.Count(DropReason.UnknownType);
                return null;
            case WatchEventType.Bookmark:
                break;
            default:
                Applied applied = table.Apply(found.Type, found.Object!);
                if (applied == Applied.Contradiction) return StreamEnd.Unreadable;
                if (applied == Applied.Refused) Refuse(found.Object!.Key.ToString(), 1);
                break;
        }

        if (found.ResourceVersion.Length > 0) version = found.ResourceVersion;
        return null;
    }

    private void Refuse(string key, int count)
    {
        tally.Count(DropReason.Bound, count);
        if (!full) LogMessages.Full(client.Log, kind.Plural, Objects.Count, key);
        full = true;
    }

    private void Note(KubernetesException error, MirrorStep step)
    {
        LogMessages.Failed(client.Log, kind.Plural, error.Failure, error.Message, step.Delay.TotalSeconds);
        lock (gate) lastFailure = error;
    }
}
