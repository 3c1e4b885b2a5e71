using Scout.Protocol.Rpc;

namespace Scout.Server.Rpc;

/// <summary>Who may do what. In dev mode and on the socket everybody who gets in may do everything; roles come with the credentials.</summary>
internal interface IRequestPolicy
{
    /// <summary>Why the request is denied, or null.</summary>
    string? Refuses(RpcCaller caller, RpcRequest request);

    /// <summary>Why an effect on this machine is denied, or null.</summary>
    string? Refuses(RpcCaller caller, RpcRequest request, string machine);
}

/// <summary>Lets everybody.</summary>
internal sealed class OpenPolicy : IRequestPolicy
{
    public string? Refuses(RpcCaller caller, RpcRequest request) => null;

    public string? Refuses(RpcCaller caller, RpcRequest request, string machine) => null;
}
