using System.Collections.Immutable;

namespace Scout.Protocol.Streams;

/// <summary>The streams of Scout (nats.md 11), in the order in which they are made: a source before its copy.</summary>
public static class StreamCatalog
{
    public const string Events = "SCOUT_EVENTS";
    public const string State = "SCOUT_STATE";
    public const string Lifecycle = "SCOUT_LIFECYCLE";

    /// <summary>Stream of the key-value bucket <see cref="Subjects.RosterBucket"/>.</summary>
    public const string Roster = "KV_SCOUT_NODES";

    public const string Faults = "SCOUT_FAULTS";

    /// <summary>Stream of the key-value bucket <see cref="Subjects.MeshBucket"/>.</summary>
    public const string Mesh = "KV_SCOUT_MESH";

    private const long MiB = 1024 * 1024;

    public static ImmutableArray<StreamDefinition> All { get; } =
    [
        new StreamDefinition
        {
            Name = Events,
            Description = "Scout: every event of every machine",
            Subjects = ["scout.event.*.*.*"],
            MaxAge = TimeSpan.FromHours(168),
            MaxBytes = 10 * 1024 * MiB,
            MaxMessageSize = 64 * 1024,
            DuplicateWindow = TimeSpan.FromMinutes(10),
            DenyPurge = true,
        },
        new StreamDefinition
        {
            Name = State,
            Description = "Scout: the last state of every machine",
            Source = new StreamSource(Events, "scout.event.*.*.state"),
            MaxAge = TimeSpan.FromHours(720),
            MaxBytes = 1024 * MiB,
            MaxMessagesPerSubject = 1,
            MaxMessageSize = 64 * 1024,
        },
        new StreamDefinition
        {
            Name = Lifecycle,
            Description = "Scout: startup, alive and shutdown of nodes",
            Subjects = ["scout.lifecycle.*.*"],
            MaxAge = TimeSpan.FromHours(720),
            MaxBytes = 256 * MiB,
            MaxMessagesPerSubject = 4,
            MaxMessageSize = 16 * 1024,
            DuplicateWindow = TimeSpan.FromMinutes(10),
        },
        new StreamDefinition
        {
            Name = Roster,
            Description = "Scout: the nodes that are known to exist",
            Subjects = ["$KV.SCOUT_NODES.>"],
            Republish = new StreamRepublish("$KV.SCOUT_NODES.>", "scout.roster.>"),
            MaxBytes = 512 * MiB,
            MaxMessagesPerSubject = 5,
            MaxMessageSize = 16 * 1024,
            DiscardNew = true,
            DuplicateWindow = TimeSpan.FromMinutes(2),
        },
        new StreamDefinition
        {
            Name = Faults,
            Description = "Scout: faults of the mesh",
            Subjects = ["scout.mesh.fault.*"],
            MaxAge = TimeSpan.FromDays(90),
            MaxBytes = 256 * MiB,
            MaxMessagesPerSubject = 16,
            MaxMessageSize = 64 * 1024,
            DuplicateWindow = TimeSpan.FromMinutes(10),
        },
        new StreamDefinition
        {
            Name = Mesh,
            Description = "Scout: the mesh as the broker sees it",
            Subjects = ["$KV.SCOUT_MESH.>"],
            MaxBytes = 64 * MiB,
            MaxMessagesPerSubject = 1,
            MaxMessageSize = 64 * 1024,
            DiscardNew = true,
            DuplicateWindow = TimeSpan.FromMinutes(2),
        },
    ];
}
