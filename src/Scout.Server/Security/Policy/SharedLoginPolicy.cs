using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Server.Rpc;

namespace Scout.Server.Security.Policy;

/// <summary>
/// Before the node's policy, at a broker where all share one login (security.md 14): nothing proves who asks, so requests with effects are off unless somebody has written down that
/// the broker is to be trusted with that. The local socket has proofs of its own.
/// </summary>
internal sealed class SharedLoginPolicy(IRequestPolicy policy, bool trustBroker) : IRequestPolicy
{
    private const string Off = "nothing proves who asks: where all share one login, effects are off. Have requests signed (broker.trust), or write 'policy: { trust_broker: true }' into server.yaml";

    /// <summary>What is wrong with the policy's file.</summary>
    public IRequestPolicy Inner => policy;

    public string? Refuses(RpcCaller caller, RpcRequest request) => IsOff(caller, request) ? Off : policy.Refuses(caller, request);

    public string? Refuses(RpcCaller caller, RpcRequest request, string machine, IReadOnlyDictionary<string, string> labels) =>
        IsOff(caller, request) ? Off : policy.Refuses(caller, request, machine, labels);

    private bool IsOff(RpcCaller caller, RpcRequest request) => !trustBroker && !caller.IsProven && (RpcActions.IsEffect(request.Action) || request.Action == RpcAction.Probe);
}
