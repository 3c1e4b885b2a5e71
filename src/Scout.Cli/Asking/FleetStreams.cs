using System.Runtime.CompilerServices;
using Scout.Cli.Views;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Protocol.Roster;
using Scout.Protocol.Streams;

namespace Scout.Cli.Asking;

/// <summary>What the broker's streams remember: roster, events, last states. Read with direct gets alone, and never trusted blindly (nats.md 12, readers).</summary>
internal sealed class FleetStreams(NatsConnection nats)
{
    private const int SmallestWindow = 256;
    private static readonly TimeSpan FollowInterval = TimeSpan.FromMilliseconds(250);
    private readonly NatsJSContext js = new(nats);

    /// <summary>The newest valid entry of each node; a node without any is still known to exist, as is one that the cluster runs and that never said a word.</summary>
    public async Task<IReadOnlyList<KnownNode>> RosterAsync(CancellationToken stop)
    {
        var nodes = new SortedDictionary<string, RosterEntry?>(StringComparer.Ordinal);
        var places = new Dictionary<string, NodePlace>(StringComparer.Ordinal);
        await foreach (NatsJSStreamMsg<byte[]> message in js.GetStreamHandle(StreamCatalog.Roster).ReadRangeAsync<byte[]>(cancellationToken: stop))
        {
            if (Subjects.TryParsePlace(message.Subject, out string? placed))
            {
                places.Remove(placed);
                bool counts = StoredHeaders.Fit(Headers(message.Headers), EventDelivery.DirectGet, StreamCatalog.Roster, message.Subject) && !message.Headers.ContainsKey("KV-Operation");
                if (counts && NodePlace.TryRead(message.Data, out NodePlace? place, out _)) places[placed] = place;
                continue;
            }

            if (!Subjects.TryParseRoster(message.Subject, out string? node)) continue;
            if (!StoredHeaders.Fit(Headers(message.Headers), EventDelivery.DirectGet, StreamCatalog.Roster, message.Subject))
            {
                // Steered here from elsewhere, maybe a deletion of its sender's own entry: it tells nothing but that the key was there.
                nodes.TryAdd(node, null);
                continue;
            }

            if (message.Headers.ContainsKey("KV-Operation"))
            {
                nodes.Remove(node);
                continue;
            }

            bool valid = RosterEntry.TryRead(node, message.Data, out RosterEntry? entry, out _);
            if (valid) nodes[node] = entry;
            else nodes.TryAdd(node, null);
        }

        foreach (string expected in places.Where(static pair => pair.Value.IsExpected).Select(static pair => pair.Key)) nodes.TryAdd(expected, null);
        return [.. nodes.Select(pair => new KnownNode(pair.Key, pair.Value) { Place = places.GetValueOrDefault(pair.Key) })];
    }

    /// <summary>Deletes the roster's entry of a node; nodes and localiser hear of it as of any change there.</summary>
    public Task ForgetAsync(string node, CancellationToken stop) => new NatsKVContext(js).GetStoreHandle(Subjects.RosterBucket).DeleteAsync(node, cancellationToken: stop).AsTask();

    /// <summary>Stored events that count, in stream order.</summary>
    public async IAsyncEnumerable<EventRow> EventsAsync(EventQuery query, [EnumeratorCancellation] CancellationToken stop)
    {
        INatsJSStream stream = js.GetStreamHandle(StreamCatalog.Events);
        string? filter = Filter(query);
        var rules = new EventReaderRules();
        try
        {
            ulong from = 0;
            if (query.Last is { } last)
            {
                ulong end = await EndAsync(stream, filter, stop);
                foreach (EventRow row in await NewestAsync(stream, query, filter, last, end, stop)) yield return row;
                if (!query.Follow) yield break;
                from = end + 1;
            }

            var range = new NatsJSReadRangeOpts
            {
                From = from,
                FromTime = query.Last is null ? query.Since : null,
                Filter = filter,
                Follow = query.Follow,
                FollowInterval = FollowInterval,
            };
            await foreach (NatsJSStreamMsg<byte[]> message in stream.ReadRangeAsync<byte[]>(range, stop))
            {
                if (Judge(rules, query, message) is { } row) yield return row;
            }
        }
        finally
        {
            if (rules.Ignored > 0) query.Remark?.Invoke($"{rules.Ignored} stored messages were ignored: {Why(rules)}");
        }
    }

    /// <summary>The last public record of each machine of a node, as stale rows; one that cannot be read is shown as that, never as OK.</summary>
    public async Task<IReadOnlyList<StatusRow>> LastWordsAsync(string node, CancellationToken stop)
    {
        var rows = new SortedDictionary<string, StatusRow>(StringComparer.Ordinal);
        var rules = new EventReaderRules();
        var range = new NatsJSReadRangeOpts { Filter = Subjects.EventFilter(node, null, EventKind.State) };
        await foreach (NatsJSStreamMsg<byte[]> message in js.GetStreamHandle(StreamCatalog.State).ReadRangeAsync<byte[]>(range, stop))
        {
            if (!Subjects.TryParseEvent(message.Subject, out EventSubject subject) || subject.Machine == Names.NodeItself) continue;
            EventVerdict verdict = rules.Judge(message.Subject, Headers(message.Headers), message.Data, EventDelivery.DirectGet, out _, out EventData? data);
            if (verdict == EventVerdict.Accepted && data is StateData state)
            {
                if (state.Deleted) rows.Remove(subject.Machine);
                else rows[subject.Machine] = new StatusRow(node, subject.Machine, state, Stale: true);
            }
            else
            {
                rows[subject.Machine] = new StatusRow(node, subject.Machine, Unreadable(message, verdict), Stale: true);
            }
        }

        return [.. rows.Values];
    }

    // One filter for the server where the question is narrow; otherwise everything is read, which is faster than many small searches.
    private static string? Filter(EventQuery query)
    {
        EventKind? kind = query.Kinds switch
        {
            [] when query.Audit => EventKind.Watcher,
            [var only] when !query.Audit || only == EventKind.Watcher => only,
            _ => null,
        };
        string[] nodes = [.. query.Selection.Targets.Select(target => target.Node.Text).Distinct(StringComparer.Ordinal)];
        string? node = nodes is [{ } one] && Names.IsNode(one) ? one : null;
        string[] machines = [.. query.Selection.Targets.Select(target => target.Machine?.Text ?? "*").Distinct(StringComparer.Ordinal)];
        // What was asked about a machine stands among what concerns the node.
        bool audit = query.Audit || query.Kinds.Count == 0 || query.Kinds.Contains(EventKind.Watcher);
        string? machine = node is not null && !audit && machines is [{ } name] && Names.IsMachine(name) ? name : null;
        return node is null && kind is null ? null : Subjects.EventFilter(node, machine, kind);
    }

    private static async Task<ulong> EndAsync(INatsJSStream stream, string? filter, CancellationToken stop)
    {
        try
        {
            NatsMsg<byte[]> last = await stream.GetDirectAsync<byte[]>(new StreamMsgGetRequest { LastBySubj = filter ?? ">" }, stop);
            return last.Headers is { } headers && headers.TryGetLastValue("Nats-Sequence", out string? text) && ulong.TryParse(text, out ulong sequence) ? sequence : 0;
        }
        catch (NatsJSApiException failure) when (failure.Error.Code == 404)
        {
            return 0;
        }
    }

    // Backwards in windows that grow: the newest few are usually in the first.
    private static async Task<IReadOnlyList<EventRow>> NewestAsync(INatsJSStream stream, EventQuery query, string? filter, int count, ulong end, CancellationToken stop)
    {
        for (ulong window = (ulong)Math.Max(SmallestWindow, count * 2); ; window *= 4)
        {
            ulong from = end > window ? end - window + 1 : 1;
            var rules = new EventReaderRules();
            var newest = new Queue<EventRow>();
            if (end > 0)
            {
                await foreach (NatsJSStreamMsg<byte[]> message in stream.ReadRangeAsync<byte[]>(new NatsJSReadRangeOpts { From = from, To = end, Filter = filter }, stop))
                {
                    if (Judge(rules, query, message) is not { } row || row.Event.Time < query.Since) continue;
                    newest.Enqueue(row);
                    if (newest.Count > count) newest.Dequeue();
                }
            }

            if (newest.Count >= count || from == 1) return [.. newest];
        }
    }

    private static EventRow? Judge(EventReaderRules rules, EventQuery query, NatsJSStreamMsg<byte[]> message)
    {
        if (!Subjects.TryParseEvent(message.Subject, out EventSubject subject)) return null;
        EventVerdict verdict = rules.Judge(message.Subject, Headers(message.Headers), message.Data, EventDelivery.DirectGet, out CloudEvent? one, out _);
        if (verdict != EventVerdict.Accepted) return null;
        var row = new EventRow(subject.Node, subject.Machine, subject.Kind, one!, message.Data);
        return query.Matches(row) ? row : null;
    }

    private static List<KeyValuePair<string, string>> Headers(NatsHeaders headers)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach ((string name, NatsHeaderValues values) in headers)
        {
            foreach (string value in values) pairs.Add(new KeyValuePair<string, string>(name, value));
        }

        return pairs;
    }

    private static MachineSummary Unreadable(NatsJSStreamMsg<byte[]> message, EventVerdict verdict) => new()
    {
        Kind = "machine",
        State = "UNKNOWN",
        Since = message.Timestamp,
        Hard = true,
        Output = $"unreadable: what is stored here cannot be trusted ({verdict})",
        Version = "0",
        Digest = "",
    };

    private static string Why(EventReaderRules rules) => string.Join(
        ", ",
        Enum.GetValues<EventVerdict>().Where(verdict => verdict != EventVerdict.Accepted && rules.Count(verdict) > 0).Select(verdict => $"{rules.Count(verdict)} {verdict}"));
}
