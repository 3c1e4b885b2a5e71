using System.Collections.Immutable;

namespace Scout.Protocol.Events;

/// <summary>Makes data smaller until an event fits (plugins.md 4): what is least missed goes first.</summary>
internal static class EventCutter
{
    /// <summary>The same, smaller by about <paramref name="excess"/> bytes, or by as much as one part can give.</summary>
    public static EventData Smaller(EventData data, int excess) => data switch
    {
        CheckData { LongOutput: not null } check => check with { LongOutput = Shorter(check.LongOutput, excess), Truncated = true },
        CheckData { Stderr: not null } check => check with { Stderr = Shorter(check.Stderr, excess), Truncated = true },
        CheckData { Perfdata: { Length: > 0 } items } check => check with { Perfdata = Fewer(items), Truncated = true },
        CheckData { Facts: not null } check => check with { Facts = null, Truncated = true },
        CheckData { Annotations: not null } check => check with { Annotations = null, Truncated = true },
        CheckData check => check with { Output = Shorter(check.Output, excess) ?? "", Truncated = true },
        WatcherData { Output: not null } watcher => watcher with { Output = Shorter(watcher.Output, excess), Truncated = true },
        WatcherData { Metrics: { Length: > 0 } items } watcher => watcher with { Metrics = Fewer(items), Truncated = true },
        TransitionData { Output: not null } transition => transition with { Output = Shorter(transition.Output, excess) },
        StateData { Output: not null } state => state with { Output = Shorter(state.Output, excess) },
        OutboxData { Sequences.Length: > 1 } outbox => outbox with { Sequences = [new SequenceRange(outbox.Sequences[0].First, outbox.Sequences[^1].Last)] },
        AuditData { Machines: { Length: > 1 } names } audit => audit with { Machines = Fewer(names), More = audit.More + names.Length - (names.Length / 2) },
        _ => data,
    };

    /// <summary>Shorter by at least so many characters (a character is at least a byte), never inside a surrogate pair; null when nothing would be left.</summary>
    private static string? Shorter(string text, int excess)
    {
        int keep = text.Length - excess;
        if (keep <= 0) return null;
        if (char.IsHighSurrogate(text[keep - 1])) keep--;
        return keep <= 0 ? null : text[..keep];
    }

    private static ImmutableArray<T>? Fewer<T>(ImmutableArray<T> items) => items.Length <= 1 ? null : items[..(items.Length / 2)];
}
