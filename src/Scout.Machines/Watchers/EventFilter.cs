using Scout.Machines.Definitions;

namespace Scout.Machines.Watchers;

/// <summary>Which results become <c>check</c> events (machines.md 7.4). Pure.</summary>
internal static class EventFilter
{
    /// <param name="detail">The setting of the check, or the node's.</param>
    /// <param name="before">The result before; null for the first after a start.</param>
    /// <param name="now">This result.</param>
    /// <param name="lastKnown">Status of the last result, also of a life before; null for none.</param>
    public static bool Lets(EventDetail detail, in ResultMark? before, in ResultMark now, CheckStatus? lastKnown) => detail switch
    {
        EventDetail.All => true,
        EventDetail.Problems => now.Status != CheckStatus.Ok || (lastKnown is { } last && last != CheckStatus.Ok),
        _ => now.Status != CheckStatus.Ok || before is not { } mark || mark != now,
    };
}

/// <summary>What makes a result news.</summary>
internal readonly record struct ResultMark(CheckStatus Status, string Reason, bool Hard, bool Flapping, string? SuppressedBy);
