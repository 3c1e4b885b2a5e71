using Scout.Checks;
using Scout.Checks.Output;

namespace Scout.Server.Tests.Runs;

/// <summary>An executor whose runs end when the test says so.</summary>
internal sealed class FakeExecutor : IPluginExecutor
{
    public List<FakeRun> Started { get; } = [];

    public IPluginRun Start(PluginRequest request, object? state, Action<PluginResult, object?> completed)
    {
        var run = new FakeRun(request, result => completed(result, state));
        Started.Add(run);
        return run;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

internal sealed class FakeRun(PluginRequest request, Action<PluginResult> completed) : IPluginRun
{
    public PluginRequest Request => request;

    public bool Cancelled { get; private set; }

    public void Cancel() => Cancelled = true;

    public void End(string reason = "exit", int? pid = null, string stdout = "OK", int exit = 0) => completed(new PluginResult
    {
        Status = reason == "exit" ? (CheckStatus)exit : CheckStatus.Unknown,
        Reason = reason,
        Output = new PluginOutput { Text = stdout },
        Stdout = stdout,
        ExitCode = reason == "exit" ? exit : null,
        Pid = pid,
    });
}
