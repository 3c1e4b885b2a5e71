using Microsoft.Extensions.Logging;
using Scout.Checks.Execution;
using Scout.Server.Logging;
using Scout.Server.Metrics;

namespace Scout.Server.Life;

/// <summary>Writes what the executor notices to the log.</summary>
internal sealed class ExecutorLog(ILogger log, NodeCounters counters) : IPluginExecutorObserver
{
    public void Notice(PluginExecutorNotice notice)
    {
        if (notice.Kind == PluginExecutorNoticeKind.SpawnerReplaced) counters.Limits.Add("spawners");
        LogMessages.Executor(log, notice.Kind.ToString(), notice.Owner, notice.Text);
    }
}
