namespace Scout.Broker.Accounts;

/// <summary>What became of a change to the running server.</summary>
/// <param name="Applied">The server said that it runs with what is in the files now.</param>
/// <param name="Detail">For people: why not, or since when.</param>
internal sealed record ReloadOutcome(bool Applied, string Detail);

/// <summary>Has nats-server take over what changed in the directory: configuration written, tested, swapped in, reload confirmed; the last good one back when refused.</summary>
internal interface IBrokerReload
{
    /// <param name="why">For log and audit.</param>
    /// <param name="cancellation">Stops the waiting; a change that was begun is ended.</param>
    Task<ReloadOutcome> ReloadAsync(string why, CancellationToken cancellation);
}
