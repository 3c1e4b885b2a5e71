using Scout.Nats.Protocol;

namespace Scout.Nats.Connection;

/// <summary>What a session tells of. All calls come from its read loop, one after the other, and must not block.</summary>
internal interface ISessionHost
{
    void OnMessage(Session session, in Frame frame, NatsHeaders? headers);

    void OnInfo(Session session, ServerInfo info);

    /// <summary>An -ERR that leaves the connection open.</summary>
    void OnServerError(Session session, ServerErrorKind kind, string text);
}
