using Scout.Protocol.Events;

namespace Scout.Auditing;

/// <summary>
/// Folds rows that a flood could repeat: the first of a kind is a row, the others are counted and told once a minute (security.md 9). A kind is a caller, an
/// action, a code and, where it is one of a closed list, the reason. Also part of Scout.Broker. Not thread-safe.
/// </summary>
internal sealed class AuditFolds
{
    /// <summary>Kinds known at a time; what is of another then is counted as <see cref="Other"/>.</summary>
    public const int Bound = 128;

    /// <summary>Caller in the row of all kinds that found no room.</summary>
    public const string Other = "others";

    private readonly Dictionary<(string Caller, string Action, string Code, string? Fault), Kind> kinds = [];

    /// <summary>The row to write now, or null when it is only counted.</summary>
    /// <param name="row">What happened.</param>
    /// <param name="fault">What else makes it a kind of its own; from a closed list.</param>
    /// <param name="overflow">It found no room among the kinds.</param>
    public AuditData? Take(AuditData row, string? fault, out bool overflow)
    {
        overflow = false;
        var key = (row.Caller, row.Action, row.Code, fault);
        if (kinds.TryGetValue(key, out Kind? known))
        {
            known.Count++;
            return null;
        }

        if (kinds.Count >= Bound)
        {
            overflow = true;
            key = (Other, "other", row.Code, null);
            if (kinds.TryGetValue(key, out known))
            {
                known.Count++;
                return null;
            }

            row = row with { Caller = Other, Action = "other", Key = null, Role = null };
        }

        kinds.Add(key, new Kind(row));
        return row;
    }

    /// <summary>A minute is over: a row for each kind that came again, with its number. Kinds that did not are forgotten.</summary>
    public List<AuditData> Told()
    {
        var told = new List<AuditData>();
        foreach ((var key, Kind kind) in kinds.ToArray())
        {
            if (kind.Count == 0)
            {
                kinds.Remove(key);
                continue;
            }

            told.Add(kind.First with { Request = "", Subject = null, DurationMs = 0, Repeated = kind.Count });
            kind.Count = 0;
        }

        return told;
    }

    private sealed class Kind(AuditData first)
    {
        public AuditData First => first;

        public long Count { get; set; }
    }
}
