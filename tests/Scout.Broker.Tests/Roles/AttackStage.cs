using System.Text;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Protocol.Roster;

namespace Scout.Broker.Tests.Roles;

/// <summary>What the tests of attacks say and read: events and entries made as a node makes them, and messages read as a reader gets them.</summary>
internal static class AttackStage
{
    public const string CloudEvents = "Content-Type: application/cloudevents+json";

    private static readonly DateTimeOffset When = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);

    /// <summary>A valid <c>state</c> event.</summary>
    public static string State(string node, string machine, long counter, string state)
    {
        using var writer = new EventWriter();
        return Encoding.UTF8.GetString(writer.Write(new ScoutEvent
        {
            Id = new Guid((int)counter, 0, 0x7000, [0x80, 0, 0, 0, 0, 0, 0, 0]),
            Node = node,
            Machine = machine,
            Type = EventTypes.State,
            Time = When.AddSeconds(counter),
            Sequence = new EventSequence(1_795_221_600, counter),
            Data = new StateData { Kind = "check", State = state, Since = When, Hard = true, Version = "1", Digest = "x" },
        }).Span);
    }

    public static string Entry(string node) => Encoding.UTF8.GetString(new RosterEntry
    {
        Node = node,
        Version = "0.1.0",
        Os = "linux",
        Arch = "x64",
        Machines = 1,
        Started = When,
        AliveS = 300,
    }.ToBytes());

    public static MeshFault Fault(string id, string node) => new()
    {
        Id = id,
        State = MeshFaultState.Confirmed,
        Kind = MeshFaultKind.Node,
        Component = node,
        Direction = MeshFaultDirection.Egress,
        What = MeshFaultTrouble.Loss,
        Text = $"node {node} egress",
        Loss = 1,
        Confidence = 1,
        Evidence = new MeshEvidence { Paths = 1, FailingPaths = 1, FarEnds = 1, FailingFarEnds = 1, Sent = 3, Lost = 3 },
        Since = When,
        At = When,
    };

    /// <summary>Judges what arrived as a reader of events does.</summary>
    public static EventVerdict Judge(EventReaderRules rules, RawMessage message, EventDelivery delivery, string? subject = null) =>
        rules.Judge(subject ?? message.Subject, Headers(message), Encoding.UTF8.GetBytes(message.Body), delivery, out _, out _);

    /// <summary>Whether it counts as what stands in the roster under that subject.</summary>
    public static bool Counts(RawMessage message, EventDelivery delivery) =>
        Subjects.RosterStored(delivery == EventDelivery.DirectGet ? Header(message, "Nats-Subject") : message.Subject) is { } stored
        && StoredHeaders.Fit(Headers(message), delivery, "KV_SCOUT_NODES", stored);

    /// <summary>Publishes to a stream and waits until it is stored.</summary>
    public static async Task StoreAsync(RawLogin line, string subject, string body, params string[] headers) =>
        Assert.Contains("\"seq\":", await line.RequestAsync(subject, body, headers), StringComparison.Ordinal);

    /// <summary>The last stored message of a subject, as a direct get gives it.</summary>
    public static Task<RawMessage> GetAsync(RawLogin reader, string stream, string subject) => reader.AskAsync($"$JS.API.DIRECT.GET.{stream}.{subject}");

    /// <summary>The same, once the last one fits: what was steered is stored when the server comes to it.</summary>
    public static async Task<RawMessage> GetAsync(RawLogin reader, string stream, string subject, Func<RawMessage, bool> fits)
    {
        RawMessage? last = null;
        await Until.TrueAsync($"the message under {subject}", async () => fits(last = await GetAsync(reader, stream, subject)));
        return last!;
    }

    public static string? Header(RawMessage message, string name) => Headers(message).LastOrDefault(header => header.Key == name).Value;

    public static List<KeyValuePair<string, string>> Headers(RawMessage message) =>
    [
        .. message.Headers.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static line => line.Split(':', 2)).Where(static parts => parts.Length == 2)
            .Select(static parts => KeyValuePair.Create(parts[0], parts[1].Trim())),
    ];
}
