namespace Scout.Checks.Paths;

/// <summary>How a trace is made.</summary>
public sealed record TraceOptions
{
    /// <summary>Most steps.</summary>
    public int Hops { get; init; } = 30;

    /// <summary>How long one step is waited for.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>So many silent steps in a row end it.</summary>
    public int MostSilent { get; init; } = 4;
}
