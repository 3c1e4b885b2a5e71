using System.Collections.Immutable;
using System.Text.Json;
using Scout.Protocol.Rpc;
using Scout.Server.Store;

namespace Scout.Server.Rpc;

/// <summary><c>history</c> of the local socket: reads the journal, never the loop.</summary>
internal sealed class RpcHistory(NodeStore store, TimeProvider time)
{
    public async Task<RpcReply> ReadAsync(HistoryArgs asked, RpcReply empty, CancellationToken stop)
    {
        long until = time.GetTimestamp();
        HistoryPage page = Read(asked);
        TimeSpan left = TimeSpan.FromMilliseconds(asked.WaitMs);
        while (page.Events.Count == 0 && left > TimeSpan.Zero)
        {
            long seen = Math.Max(asked.After?.Counter ?? 0, store.LastSequence);
            page = Read(asked);
            if (page.Events.Count > 0 || !await store.WaitForEventsAsync(seen, left, stop)) break;
            left = TimeSpan.FromMilliseconds(asked.WaitMs) - time.GetElapsedTime(until);
            page = Read(asked);
        }

        var events = ImmutableArray.CreateBuilder<JsonElement>(page.Events.Count);
        int size = 0, taken = 0;
        // Without 'after' the newest ones are wanted, so the oldest give way; with it, the newest do.
        bool fromEnd = asked.After is null;
        for (int i = 0; i < page.Events.Count; i++)
        {
            StoredEvent one = page.Events[fromEnd ? page.Events.Count - 1 - i : i];
            size += one.Bytes.Length + 1;
            if (size > RpcLimits.MaxReply - 2048 && taken > 0) break;
            taken++;
            using JsonDocument document = JsonDocument.Parse(one.Bytes);
            events.Add(document.RootElement.Clone());
        }

        if (fromEnd) events.Reverse();
        int left2 = page.Events.Count - taken + (page.Truncated ? 1 : 0);
        return empty with { Results = [new HistoryResult { Events = events.ToImmutable() }], Truncated = left2 };
    }

    private HistoryPage Read(HistoryArgs asked) => store.History(new HistoryQuery
    {
        Machine = asked.Machines.IsEmpty ? null : machine => asked.Machines.Any(pattern => pattern == machine || Glob.Matches(pattern, machine)),
        Kinds = [.. asked.Kinds.Select(kind => (EventKind)(int)kind)],
        Audit = asked.Audit,
        Since = asked.Since,
        Until = asked.Until,
        After = asked.After?.Counter,
        Limit = asked.Limit,
    });
}
