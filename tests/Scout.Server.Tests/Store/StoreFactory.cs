using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Machines.Records;
using Scout.Server.Store;
using Scout.Testing;

namespace Scout.Server.Tests.Store;

/// <summary>Makes stores, records and events for tests.</summary>
internal static class StoreFactory
{
    public const string Data = "/data";
    public const string Journal = "/data/journal";

    public static NodeStoreOptions Options { get; } = new()
    {
        DataFolder = Data,
        Node = "web1",
        BootId = "boot-1",
        ProductVersion = "0.1.0",
        SegmentBytes = 8 << 20,
        MaxEvents = 1_000,
        MaxBytes = 1 << 20,
    };

    public static NodeStore Open(IStoreFiles files, NodeStoreOptions? options = null, ManualTime? time = null) =>
        NodeStore.OpenIdle(options ?? Options, files, time ?? new ManualTime(), NullLogger.Instance);

    public static MachineRecord Machine(string name, string state = "OK", string version = "1") => new() { Name = name, State = state, Version = version };

    public static StoredEvent Event(long sequence, string machine = "disk", EventKind kind = EventKind.Transition, int size = 100, bool routine = false, DateTimeOffset? time = null) => new()
    {
        Sequence = sequence,
        Subject = $"scout.event.web1.{machine}.{EventKinds.Name(kind)}",
        Id = Id(sequence),
        Stream = kind == EventKind.Lifecycle ? "SCOUT_LIFECYCLE" : "SCOUT_EVENTS",
        Machine = machine,
        Kind = kind,
        Time = time ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(sequence),
        Bytes = Encoding.ASCII.GetBytes($"{{\"n\":{sequence}}}".PadRight(size)),
        Routine = routine,
    };

    public static Guid Id(long sequence) => new((int)sequence, 7, 7, 8, 1, 2, 3, 4, 5, 6, 7);

    /// <summary>A commit of these machines and events.</summary>
    public static StoreCommit Commit(params object[] parts)
    {
        var commit = new StoreCommit();
        foreach (object part in parts)
        {
            if (part is MachineRecord record) commit.Machines.Add(record);
            else if (part is StoredEvent item) commit.Events.Add(item);
            else if (part is string erased) commit.Erased.Add(erased);
            else if (part is KnownRequest request) commit.Request = request;
            else throw new ArgumentException($"a {part.GetType()} is no part of a commit", nameof(parts));
        }

        return commit;
    }

    /// <summary>Commits an event with the next sequence and writes it.</summary>
    public static StoredEvent Send(this NodeStore store, string machine = "disk", EventKind kind = EventKind.Transition, int size = 100, bool routine = false)
    {
        var item = Event(store.ReserveSequence(), machine, kind, size, routine);
        store.Commit(Commit(Machine(machine, version: $"{item.Sequence}"), item), sync: true);
        store.Pump();
        return item;
    }

    /// <summary>Sequences in the outbox, in the order in which they would be sent when every lane waits for its answers.</summary>
    public static List<long> Drain(this NodeStore store)
    {
        var sequences = new List<long>();
        while (store.Outbox.Take() is { } entry)
        {
            sequences.Add(entry.Sequence);
            Assert.Equal(entry.Sequence, store.Load(entry)?.Sequence);
            store.Acknowledge(entry, () => store.Outbox.Free(entry.Lane));
            store.Pump();
        }

        return sequences;
    }
}
