using Scout.Protocol.Security.Roles;

namespace Scout.Server.Rpc;

/// <summary>Who asks, as the way in has proved it.</summary>
/// <param name="Name"><c>local:anna</c>, <c>dev:anna</c>, or the name in a JWT.</param>
/// <param name="IsLocal">Came by the local socket.</param>
internal sealed record RpcCaller(string Name, bool IsLocal)
{
    /// <summary>How the request was addressed: <c>local node group all</c>.</summary>
    public string Scope { get; init; } = "local";

    /// <summary>Who can open the socket is an admin, and so is everybody in dev mode.</summary>
    public ScoutRole Role { get; init; } = ScoutRole.Admin;

    /// <summary>Public key, when a signature has proved it.</summary>
    public string? Key { get; init; }

    /// <summary>Of the signed request: kept with an effect, so that no restart lets it run again.</summary>
    public string? Nonce { get; init; }

    /// <summary>Of a request over NATS.</summary>
    public string? Subject { get; init; }

    /// <summary>The kernel or a signature says who it is; in dev mode over NATS it is only a claim.</summary>
    public bool IsProven => IsLocal || Key is not null;
}
