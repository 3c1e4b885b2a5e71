using System.Net;
using Scout.Checks.Paths;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Engine;

/// <summary>Runs traces off the engine's thread, two at a time; how many are begun is the core's budget.</summary>
internal sealed class MeshTracer(int hops, Action<MeshPath, TraceResult> done, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource cancel = new();
    private readonly SemaphoreSlim places = new(2, 2);

    /// <summary>Begins one and returns.</summary>
    public void Start(MeshPath path) => _ = Task.Run(() => RunAsync(path), CancellationToken.None);

    /// <inheritdoc/>
    public void Dispose()
    {
        cancel.Cancel();
        cancel.Dispose();
    }

    private async Task RunAsync(MeshPath path)
    {
        try
        {
            CancellationToken token = cancel.Token;
            await places.WaitAsync(token);
            try
            {
                done(path, await PathTrace.RunAsync(new IPEndPoint(path.Address, path.Port), new TraceOptions { Hops = hops }, time, token));
            }
            finally
            {
                places.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (ObjectDisposedException)
        {
            // It has stopped.
        }
    }
}
