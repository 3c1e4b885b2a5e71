using Microsoft.Extensions.Logging;
using Scout.Protocol;
using Scout.Protocol.Reading;
using Scout.Protocol.Roster;
using Scout.Protocol.Security.Signing;
using Scout.Protocol.Security.Trust;
using Scout.Protocol.Streams;

namespace Scout.Broker.Provisioning;

/// <summary>
/// Tells nodes of a new trust document (security.md 11): all of them when it is there and a few times after, because a message may be lost; and a node that says in its
/// roster entry that it has an older one, as one does that was away, by its name. Nodes check the document's own signature, so nothing here need be believed.
/// </summary>
/// <param name="fleet">Logged in as role provisioner.</param>
/// <param name="trust">The document in force; read at each look.</param>
/// <param name="log">What cannot be told is said once.</param>
/// <param name="time">Clock.</param>
internal sealed class TrustAnnouncer(NatsConnection fleet, ITrustSource trust, ILogger log, TimeProvider time)
{
    /// <summary>Between two looks at the document: a command beside the broker changes it too.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>After the first time, when it is said again to all.</summary>
    private static readonly TimeSpan[] Again = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10)];

    /// <summary>A node that does not take it is not told the same more often.</summary>
    private static readonly TimeSpan OneNode = TimeSpan.FromSeconds(5);

    /// <summary>Nodes told by name a second; are there more, all are told at the next look.</summary>
    private const int NodesPerSecond = 100;

    private const int MostNodes = 10_000;

    private readonly Lock gate = new();
    private readonly TokenBucket bucket = new(NodesPerSecond, time);
    private readonly Dictionary<string, (long Serial, long At)> told = new(StringComparer.Ordinal);
    private TrustDocument? current;
    private bool all;

    /// <summary>Until stopped.</summary>
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(AnnounceAsync(stop), HearAsync(stop));

    // At the start too: what changed while nobody announced has been heard by nobody.
    private async Task AnnounceAsync(CancellationToken stop)
    {
        int times = 0;
        long first = 0, last = 0;
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            if (trust.Current is not { } now) continue;
            bool fresh = current is null || now.Serial > current.Serial;
            if (fresh)
            {
                current = now;
                times = 0;
                first = time.GetTimestamp();
            }

            bool due = fresh || (times <= Again.Length && time.GetElapsedTime(first) >= Again[times - 1]);
            bool asked;
            lock (gate) asked = all && time.GetElapsedTime(last) >= OneNode;
            if (!due && !asked) continue;
            if (due) times++;
            last = time.GetTimestamp();
            lock (gate) all = false;
            await SayAsync(TrustSubjects.All, now, stop);
            if (fresh) BrokerLog.TrustAnnounced(log, now.Serial, now.RevokedCallers.Length);
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    private async Task HearAsync(CancellationToken stop)
    {
        try
        {
            await foreach (NatsMsg<byte[]> message in fleet.SubscribeAsync<byte[]>(Subjects.AllRoster, cancellationToken: stop))
            {
                if (current is { } now && BehindOf(message, now) is { } node && MayTell(node, now.Serial)) await SayAsync(TrustSubjects.Node(node), now, stop);
            }
        }
        catch (NatsServerException refused) when (!refused.IsAuthError)
        {
            // A directory of an older version: the role may neither hear nor announce.
            BrokerLog.TrustNotAnnounced(log, refused.Message);
            await Task.Delay(Timeout.InfiniteTimeSpan, time, stop);
        }
    }

    /// <summary>The node whose entry says that it believes an older document; null for every other message.</summary>
    internal static string? BehindOf(in NatsMsg<byte[]> message, TrustDocument now)
    {
        if (!Subjects.TryParseRoster(message.Subject, out string? node) || message.Data is not { Length: > 0 } value) return null;
        if (!StoredHeaders.Fit(message.Headers?.EachValue() ?? [], EventDelivery.Republished, StreamCatalog.Roster, Subjects.RosterKey(node))) return null;
        if (!RosterEntry.TryRead(node, value, out RosterEntry? entry, out _)) return null;
        return entry is { Stopped: null, Trust: { } serial } && serial < now.Serial ? node : null;
    }

    private bool MayTell(string node, long serial)
    {
        lock (gate)
        {
            if (told.TryGetValue(node, out (long Serial, long At) before) && before.Serial == serial && time.GetElapsedTime(before.At) < OneNode) return false;
            if (!bucket.TryTake())
            {
                all = true;
                return false;
            }

            if (told.Count >= MostNodes) told.Clear();
            told[node] = (serial, time.GetTimestamp());
            return true;
        }
    }

    private async Task SayAsync(string subject, TrustDocument document, CancellationToken stop)
    {
        try
        {
            await fleet.PublishAsync(subject, document.ToBytes(), cancellationToken: stop);
        }
        catch (NatsException failure)
        {
            // The line is down; who comes back says what he has.
            BrokerLog.TrustNotAnnounced(log, failure.Message);
        }
    }
}
