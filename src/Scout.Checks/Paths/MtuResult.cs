namespace Scout.Checks.Paths;

/// <summary>What became of a packet as big as it may be.</summary>
public enum MtuOutcome
{
    /// <summary>It was answered.</summary>
    Ok,

    /// <summary>Nothing came back: lost, or too big for a part of the way that does not say so.</summary>
    Silent,

    /// <summary>Somebody said that it is too big.</summary>
    TooBig,

    /// <summary>The target answers no STAMP on this port, or somebody said that it goes no further: this says nothing about sizes.</summary>
    Unreachable,

    /// <summary>This host could not send.</summary>
    Local,
}

/// <summary>What a full-size packet met.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Size">Octets of the packet with its IP head.</param>
/// <param name="Mtu">The MTU that was told with <see cref="MtuOutcome.TooBig"/>; 0 when none was.</param>
/// <param name="Time">Round trip; null without an answer.</param>
/// <param name="Text">For people.</param>
public sealed record MtuResult(MtuOutcome Outcome, int Size, int Mtu, TimeSpan? Time, string Text);
