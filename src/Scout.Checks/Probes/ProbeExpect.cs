namespace Scout.Checks.Probes;

/// <summary>The outcome wanted (<c>expect</c>). The first of a kind is the usual one; the others make a negative test.</summary>
/// <param name="Word">As in the definition: <c>refused</c>.</param>
/// <param name="Reasons">The endings that fulfil it; empty for the usual outcome, which is judged by limits and expectations.</param>
public sealed record ProbeExpect(string Word, params ProbeReason[] Reasons)
{
    public static readonly ProbeExpect Refused = new("refused", ProbeReason.Refused);
    public static readonly ProbeExpect Timeout = new("timeout", ProbeReason.Timeout);
    public static readonly ProbeExpect Unreachable = new("unreachable", ProbeReason.Unreachable);

    /// <summary>However a firewall does it.</summary>
    public static readonly ProbeExpect Blocked = new("blocked", ProbeReason.Refused, ProbeReason.Timeout, ProbeReason.Unreachable);

    public bool IsNegative => Reasons.Length > 0;
}
