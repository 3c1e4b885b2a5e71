namespace Scout.Broker.Provisioning;

/// <summary>
/// How often one asker is heard in a minute: a node that was taken over must not keep the others waiting, nor fill the audit. Bounded: with too many askers at a
/// time, those that are not known yet wait. Any thread.
/// </summary>
internal sealed class AskPace(TimeProvider time)
{
    /// <summary>Renewals and recoveries of one key: a node needs one a week.</summary>
    public const int NodeLimit = 20;

    /// <summary>Enrolments with one token: those for image-based fleets serve many nodes at once.</summary>
    public const int TokenLimit = 600;

    internal const int Bound = 100_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (long Since, int Count)> askers = new(StringComparer.Ordinal);

    /// <summary>What becomes of one more request.</summary>
    public AskTurn Next(string asker, int limit)
    {
        lock (gate)
        {
            if (askers.TryGetValue(asker, out var known) && time.GetElapsedTime(known.Since) < Window)
            {
                askers[asker] = (known.Since, known.Count + 1);
                return known.Count < limit ? AskTurn.Heard : known.Count == limit ? AskTurn.FirstTooMany : AskTurn.TooMany;
            }

            if (askers.Count >= Bound)
            {
                foreach ((string old, var turn) in askers)
                {
                    if (time.GetElapsedTime(turn.Since) >= Window) askers.Remove(old);
                }

                if (askers.Count >= Bound) return AskTurn.TooMany;
            }

            askers[asker] = (time.GetTimestamp(), 1);
            return AskTurn.Heard;
        }
    }
}

/// <summary>What becomes of a request.</summary>
internal enum AskTurn
{
    Heard,

    /// <summary>The first of a minute that is not heard: worth a row of the audit.</summary>
    FirstTooMany,

    TooMany,
}
