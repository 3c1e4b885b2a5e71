using Microsoft.Extensions.Logging;
using Scout.Server.Configuration;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Rpc;
using Scout.Server.Store;

namespace Scout.Server.Life;

/// <summary>The line to the broker as it stands.</summary>
/// <param name="Words">For people: <c>connected</c>, or why it is not.</param>
internal sealed record BrokerState(bool Up, bool Refused, long Reconnects, long Resent, long Suspicious, string Words)
{
    public static BrokerState None { get; } = new(false, false, 0, 0, 0, "none configured");
}

internal sealed class NodeBroker : IAsyncDisposable
{
    public BrokerState State { get; private set; } = BrokerState.None;

    public static NodeBroker? Start(
        ServerOptions options, NodeStore store, NodeCore core, NodeLoop loop, RpcService rpc, DefinitionReloads reloads, DateTimeOffset startedAt, long startedTicks,
        NodeCounters counters, TimeProvider time, ILoggerFactory logs, Action<Exception> failure)
    {
        return null;
    }

    public void HealthChanged() => State = BrokerState.None;

    public void MachinesChanged() => State = BrokerState.None;

    public Task StopAsync() => Task.FromResult(State.Up);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
