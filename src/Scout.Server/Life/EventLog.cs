using Microsoft.Extensions.Logging;
using Scout.Machines.Hosting;
using Scout.Server.Logging;

namespace Scout.Server.Life;

/// <summary>Real transitions at level info, results at debug (server.md section 9).</summary>
internal sealed class EventLog(ILogger log)
{
    public void See(MachineEvent one)
    {
        switch (one)
        {
            case TransitionEvent moved when moved.Transition != "FORCE_CHECK":
                LogMessages.Transition(log, one.Machine, moved.From, moved.To, moved.Transition, moved.Caller ?? moved.Reason);
                break;
            case CheckEvent result:
                if (log.IsEnabled(LogLevel.Debug)) LogMessages.Result(log, one.Machine, MachineView.StatusName(result.Status), result.Outcome.Output.Text);
                break;
        }
    }
}
