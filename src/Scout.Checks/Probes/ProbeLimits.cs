namespace Scout.Checks.Probes;

/// <summary>Upper limits of a time; passed when strictly greater. Null: no limit.</summary>
public readonly record struct TimeLimits(TimeSpan? Warning, TimeSpan? Critical)
{
    public bool Any => Warning is not null || Critical is not null;

    public CheckStatus Judge(TimeSpan time)
    {
        if (time > Critical) return CheckStatus.Critical;
        return time > Warning ? CheckStatus.Warning : CheckStatus.Ok;
    }
}

/// <summary>Limits of the whole and of single phases.</summary>
public sealed record ProbeLimits(TimeLimits Time, IReadOnlyList<KeyValuePair<ProbePhase, TimeLimits>> Phases)
{
    public static ProbeLimits None { get; } = new(default, []);

    /// <summary>Those of one phase.</summary>
    public TimeLimits Of(ProbePhase phase)
    {
        foreach (KeyValuePair<ProbePhase, TimeLimits> entry in Phases)
        {
            if (entry.Key == phase) return entry.Value;
        }

        return default;
    }
}
