namespace Scout.Broker.Checks;

/// <summary>A row of <c>scout broker check</c>.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Ok">How it went.</param>
/// <param name="Detail">What was found.</param>
/// <param name="Hint">What to do when it is not well; else empty.</param>
public sealed record BrokerCheckRow(string Check, bool Ok, string Detail, string Hint);
