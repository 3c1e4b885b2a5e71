using System.Diagnostics.CodeAnalysis;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;

namespace Scout.Protocol.Reading;

/// <summary>
/// Readers never trust the stream blindly, for acks and stored messages can be steered onto foreign subjects (nats.md 12). One of these sees all messages of a
/// reader, in the order in which they come, and says which count. Pure, not thread-safe.
/// </summary>
public sealed class EventReaderRules
{
    /// <summary>Machines that a reader keeps in mind.</summary>
    public const int MaxLanes = 1_000_000;

    private readonly bool watchLoss;
    private readonly int maxLanes;
    private readonly Dictionary<(string Node, string Machine), (EventSequence Sequence, string Id)> lanes = [];
    private readonly Dictionary<string, LossWatch> nodes = new(StringComparer.Ordinal);
    private readonly long[] counts = new long[Enum.GetValues<EventVerdict>().Length];
    private List<EventLoss> losses = [];

    /// <param name="watchLoss">True for a reader that gets every event and every lifecycle event: only that one can tell a hole from a filter.</param>
    /// <param name="maxLanes">Bound on machines kept in mind.</param>
    public EventReaderRules(bool watchLoss = false, int maxLanes = MaxLanes)
    {
        this.watchLoss = watchLoss;
        this.maxLanes = maxLanes;
    }

    /// <summary>How many messages got a verdict.</summary>
    public long Count(EventVerdict verdict) => counts[(int)verdict];

    /// <summary>How many messages were ignored.</summary>
    public long Ignored => counts.Sum() - Count(EventVerdict.Accepted);

    /// <summary>Judges one message.</summary>
    /// <param name="subject">On which it is stored or was received.</param>
    /// <param name="headers">All of them.</param>
    /// <param name="payload">Stays unchanged while the event is used.</param>
    /// <param name="delivery">How it came.</param>
    /// <param name="one">The event, when it counts.</param>
    /// <param name="data">Its data, when it counts.</param>
    public EventVerdict Judge(
        string subject,
        IReadOnlyCollection<KeyValuePair<string, string>> headers,
        ReadOnlyMemory<byte> payload,
        EventDelivery delivery,
        [MaybeNull] out CloudEvent one,
        [MaybeNull] out EventData data)
    {
        EventVerdict verdict = Decide(subject, headers, payload, delivery, out one, out data);
        counts[(int)verdict]++;
        if (verdict == EventVerdict.Accepted) return verdict;
        one = null;
        data = null;
        return verdict;
    }

    /// <summary>Losses found since the last call; always empty without <c>watchLoss</c>.</summary>
    public IReadOnlyList<EventLoss> TakeLosses()
    {
        if (losses.Count == 0) return [];
        List<EventLoss> found = losses;
        losses = [];
        return found;
    }

    /// <summary>How many <c>Nats-Stream</c> headers a message may have, exactly.</summary>
    public static int StreamHeaders(EventDelivery delivery) => delivery is EventDelivery.DirectGet or EventDelivery.Republished ? 1 : 0;

    /// <summary>How many <c>Nats-Stream</c> headers there are.</summary>
    public static int CountStreamHeaders(IEnumerable<KeyValuePair<string, string>> headers) =>
        headers.Count(static header => header.Key.Equals("Nats-Stream", StringComparison.OrdinalIgnoreCase));

    private EventVerdict Decide(
        string subject, IReadOnlyCollection<KeyValuePair<string, string>> headers, ReadOnlyMemory<byte> payload, EventDelivery delivery, out CloudEvent? one, out EventData? data)
    {
        one = null;
        data = null;
        string node;
        string machine;
        EventKind? kind = null;
        if (Subjects.TryParseEvent(subject, out EventSubject parsed))
        {
            (node, machine, kind) = (parsed.Node, parsed.Machine, parsed.Kind);
        }
        else if (Subjects.TryParseLifecycle(subject, out LifecycleSubject lifecycle))
        {
            (node, machine) = (lifecycle.Node, Names.NodeItself);
        }
        else
        {
            return EventVerdict.ForeignSubject;
        }

        if (CountStreamHeaders(headers) != StreamHeaders(delivery) || IsOfAnother(headers, delivery, subject)) return EventVerdict.Steered;
        if (!CloudEventNats.TryRead(headers, payload, lenient: false, out one, out _)) return EventVerdict.Unreadable;
        if (!EventTypes.IsKnown(one.Type) || EventTypes.KindOf(one.Type) != kind) return EventVerdict.UnknownType;
        if (kind is null && one.Type != LifecycleType(subject)) return EventVerdict.UnknownType;
        if (!one.Source.StartsWith("/scout/node/", StringComparison.Ordinal) || !one.Source.AsSpan("/scout/node/".Length).SequenceEqual(node)) return EventVerdict.WrongSource;
        if (one.Subject != machine) return EventVerdict.WrongMachine;
        if (!EventReader.TryReadData(one, out data, out _)) return EventVerdict.Unreadable;
        if (data is AliveData alive)
        {
            // Not spooled, so without a sequence: an old one does no harm.
            if (watchLoss) Watch(node).Alive(alive, losses);
            return EventVerdict.Accepted;
        }

        if (!EventSequence.TryParse(one.Extension("sequence"), out EventSequence sequence)) return EventVerdict.NoSequence;
        return Place(node, machine, sequence, one, data);
    }

    // A live copy that was steered onto the subject of a republished one, or a pull's, tells where it really stands.
    private static bool IsOfAnother(IReadOnlyCollection<KeyValuePair<string, string>> headers, EventDelivery delivery, string subject) =>
        headers.Any(header => header.Key.Equals("Nats-Subject", StringComparison.OrdinalIgnoreCase) && (StreamHeaders(delivery) == 0 || header.Value != subject));

    private EventVerdict Place(string node, string machine, EventSequence sequence, CloudEvent one, EventData data)
    {
        if (lanes.TryGetValue((node, machine), out (EventSequence Sequence, string Id) last))
        {
            if (sequence == last.Sequence && one.Id == last.Id) return EventVerdict.Duplicate;
            if (sequence <= last.Sequence) return EventVerdict.OldSequence;
        }
        else if (lanes.Count >= maxLanes)
        {
            return EventVerdict.TooMany;
        }

        lanes[(node, machine)] = (sequence, one.Id);
        if (watchLoss)
        {
            LossWatch watch = Watch(node);
            if (data is OutboxData outbox) watch.Told(sequence, outbox);
            else watch.Saw(sequence, losses);
        }

        return EventVerdict.Accepted;
    }

    private LossWatch Watch(string node)
    {
        if (!nodes.TryGetValue(node, out LossWatch? watch)) nodes[node] = watch = new LossWatch(node);
        return watch;
    }

    private static string LifecycleType(string subject) => subject[(subject.LastIndexOf('.') + 1)..] switch
    {
        "startup" => EventTypes.Startup,
        "alive" => EventTypes.Alive,
        _ => EventTypes.Shutdown,
    };
}
