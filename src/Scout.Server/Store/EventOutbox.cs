namespace Scout.Server.Store;

/// <summary>Events that no stream has acknowledged, in lanes by machine, oldest first.</summary>
internal sealed class EventOutbox
{
}
