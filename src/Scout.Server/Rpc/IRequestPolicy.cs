using Scout.Protocol.Rpc;

namespace Scout.Server.Rpc;

/// <summary>Who may do what. In dev mode everybody who gets in may do everything; in secure mode, and where a policy is configured, the policy says.</summary>
internal interface IRequestPolicy
{
    /// <summary>Why the request is denied whatever its machines, or null.</summary>
    string? Refuses(RpcCaller caller, RpcRequest request);

    /// <summary>Why it is denied for this machine, or null.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="request">What.</param>
    /// <param name="machine">Its name; it exists.</param>
    /// <param name="labels">Of the machine.</param>
    string? Refuses(RpcCaller caller, RpcRequest request, string machine, IReadOnlyDictionary<string, string> labels);
}

/// <summary>Lets everybody.</summary>
internal sealed class OpenPolicy : IRequestPolicy
{
    public string? Refuses(RpcCaller caller, RpcRequest request) => null;

    public string? Refuses(RpcCaller caller, RpcRequest request, string machine, IReadOnlyDictionary<string, string> labels) => null;
}
