namespace Scout.Checks.Probes.Running;

/// <summary>How an attempt at one address ended, before limits and <c>expect</c> are asked.</summary>
/// <param name="Reason"><see cref="ProbeReason.Ok"/>: the usual outcome came.</param>
/// <param name="Text">One line for people, without the target: <c>connected</c>, <c>connection refused</c>.</param>
public readonly record struct ProbeEnding(ProbeReason Reason, string Text)
{
    /// <summary>Further lines; empty when there is nothing to add.</summary>
    public string Detail { get; init; } = "";

    /// <summary>A status that is milder or other than the reason alone would say; null leaves it to the reason.</summary>
    public CheckStatus? Status { get; init; }

    /// <summary>The word of <c>expect</c> that this ending fulfils, where the reason alone cannot tell; null leaves it to the reason.</summary>
    public string? Outcome { get; init; }

    public static ProbeEnding Good(string text) => new(ProbeReason.Ok, text);
}
