namespace Scout.Checks;

/// <summary>Runs plugins (plugins.md section 7). Thread-safe.</summary>
public interface IPluginExecutor : IAsyncDisposable
{
    /// <summary>Starts a run; the result comes exactly once, on a thread of the executor: the callback must be short and must not throw.</summary>
    /// <param name="request">What to run.</param>
    /// <param name="state">Handed back with the result.</param>
    /// <param name="completed">Takes the result.</param>
    /// <returns>A handle that can cancel the run (reason <c>cancelled</c>, the process group is ended).</returns>
    IPluginRun Start(PluginRequest request, object? state, Action<PluginResult, object?> completed);

    /// <summary>What was done so far.</summary>
    Execution.PluginExecutorCounters Counters => new();
}

/// <summary>A run under way.</summary>
public interface IPluginRun
{
    /// <summary>Ends the run with its process group; its result is <c>cancelled</c>.</summary>
    void Cancel();
}

/// <summary>What to run.</summary>
public sealed record PluginRequest
{
    /// <summary>At least one; the first is a path or a bare name (plugins.md section 1).</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Absolute; working directory, and first place of the search.</summary>
    public required string Directory { get; init; }

    /// <summary>The whole environment but <c>SCOUT_RUN</c>, which the executor adds. Nothing is inherited.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; }

    /// <summary>100 ms to 1 h, monotonic, from the spawn call.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Processes of the group that outlive the leader are left alone (<c>exec</c> watchers).</summary>
    public bool KeepLeftovers { get; init; }

    /// <summary>Whom it runs as; null: as the server itself.</summary>
    public Execution.RunUser? User { get; init; }

    /// <summary>Whose run it is, for the bound on orphans: a machine name.</summary>
    public string Owner { get; init; } = "";
}
