namespace Scout.Server.Store;

/// <summary>A request that was answered: the same id from the same caller gets the same outcome again for 10 minutes (nats.md section 14).</summary>
/// <param name="Id">Id of the request.</param>
/// <param name="Caller">Authenticated name.</param>
/// <param name="Outcome">What was answered, as the asker wants to keep it; up to 120 KiB.</param>
/// <param name="Nonce">Of a signed request; else empty.</param>
/// <param name="At">Wall clock.</param>
internal sealed record KnownRequest(string Id, string Caller, ReadOnlyMemory<byte> Outcome, string Nonce, DateTimeOffset At);
