namespace Scout.Checks.Probes;

/// <summary>A probe: its validated options and how to run it. Immutable; one instance runs any number of times, also at once.</summary>
public abstract record ProbeOptions
{
    /// <summary>The word in definitions: <c>tcp</c>.</summary>
    public abstract string Kind { get; }

    /// <summary>One deadline for all phases together.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>One attempt. Whatever goes wrong with the peer is a result, never an exception.</summary>
    /// <exception cref="OperationCanceledException">Only when <paramref name="cancel"/> was cancelled.</exception>
    public abstract ValueTask<ProbeResult> RunAsync(ProbeContext context, CancellationToken cancel);
}
