using System.Collections.Immutable;
using Scout.Protocol;
using Scout.Protocol.Events;
using Scout.Server.Loop;
using Scout.Server.Store;
using SequenceRange = Scout.Protocol.Events.SequenceRange;

namespace Scout.Server.Connection;

/// <summary>What was dropped becomes one event <c>io.scout.node.outbox.v1</c> (nats.md section 12, rule 6). On the loop.</summary>
internal static class DropReports
{
    // A range takes about 60 bytes; an event may have 60 KiB.
    private const int MostRanges = 500;

    public static void Commit(NodeStore store, StepSink sink, Func<Guid> newId, TimeProvider time)
    {
        long epoch = sink.LastSequence.Epoch;
        store.CommitDropReport((report, sequence) => sink.OfNode(EventTypes.Outbox, newId(), time.GetUtcNow(), Of(report, epoch), sequence));
    }

    internal static OutboxData Of(DropReport report, long epoch)
    {
        var dropped = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        for (int kind = 0; kind < report.ByKind.Count; kind++)
        {
            if (report.ByKind[kind] > 0) dropped.Add(EventKinds.Names[kind], report.ByKind[kind]);
        }

        if (report.Lost > 0) dropped.Add("unknown", report.Lost);
        string Text(long counter) => new EventSequence(epoch, counter).ToString();
        IEnumerable<SequenceRange> ranges = report.Ranges.Take(MostRanges).Select(range => new SequenceRange(Text(range.First), Text(range.Last)));
        if (report.Ranges.Count > MostRanges)
        {
            // Joined, the rest names more than were dropped, never fewer.
            ranges = [.. ranges.Take(MostRanges - 1), new SequenceRange(Text(report.Ranges[MostRanges - 1].First), Text(report.Ranges[^1].Last))];
        }

        return new OutboxData
        {
            Reason = report.Lost == report.Total ? "damaged" : "full",
            Dropped = dropped.ToImmutable(),
            Sequences = [.. ranges],
        };
    }
}
