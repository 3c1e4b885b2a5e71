using System.Runtime.InteropServices;

namespace Scout.Server.Life;

/// <summary>SIGTERM and SIGINT end the node, the second one at once; SIGHUP reads again. Any thread raises them.</summary>
public sealed class NodeSignals : IDisposable
{
    private readonly List<PosixSignalRegistration> registrations = [];
    private readonly TaskCompletionSource<string> stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource kill = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int stops;

    /// <summary>Ends with the name of the first signal.</summary>
    public Task<string> StopAsked => stop.Task;

    /// <summary>Ends with the second one.</summary>
    public Task KillAsked => kill.Task;

    /// <summary>What SIGHUP does.</summary>
    public Action Reload { get; set; } = static () => { };

    /// <summary>Takes the signals of this process.</summary>
    public static NodeSignals OfProcess()
    {
        var signals = new NodeSignals();
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT])
        {
            signals.registrations.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                signals.Stop(context.Signal.ToString());
            }));
        }

        signals.registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            signals.Reload();
        }));
        return signals;
    }

    /// <summary>As a signal does.</summary>
    public void Stop(string name)
    {
        if (Interlocked.Increment(ref stops) == 1) stop.TrySetResult(name);
        else kill.TrySetResult();
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations) registration.Dispose();
    }
}
