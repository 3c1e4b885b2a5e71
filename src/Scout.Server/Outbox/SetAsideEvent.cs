using Scout.Server.Store;

namespace Scout.Server.Outbox;

/// <summary>An event that the stream will never take.</summary>
internal sealed record SetAsideEvent(StoredEvent Event, string Reason);
