using Scout.Machines.Definitions;
using Scout.Machines.Hosting;

namespace Scout.Machines.Watchers;

/// <summary>Which live watcher plays which definition.</summary>
internal static class LiveWatchers
{
    public static LiveWatcher Make(HostCore core, LiveMachine machine, WatcherDefinition definition) => definition switch
    {
        NagiosWatcher check => new LiveCheck(core, machine, check),
        ExecWatcher exec => new LiveExec(core, machine, exec),
        FileWatcher file => new LiveFile(core, machine, file),
        ScheduleWatcher schedule => new LiveSchedule(core, machine, schedule),
        TimerWatcher timer => new LiveTimer(core, machine, timer),
        MetricWatcher metric => new LiveMetric(core, machine, metric),
        _ => throw new ArgumentException($"no live watcher for {definition.Type}", nameof(definition)),
    };
}
