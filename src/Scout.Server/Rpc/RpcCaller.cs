namespace Scout.Server.Rpc;

/// <summary>Who asks, as the way in has proved it.</summary>
/// <param name="Name"><c>local:anna</c>, <c>dev:anna</c>.</param>
/// <param name="IsLocal">Came by the local socket.</param>
internal sealed record RpcCaller(string Name, bool IsLocal)
{
    /// <summary>How the request was addressed: <c>local node group all</c>.</summary>
    public string Scope { get; init; } = "local";

    /// <summary>The kernel, or later a signature, says who it is; in dev mode over NATS it is only a claim.</summary>
    public bool IsProven => IsLocal;
}
