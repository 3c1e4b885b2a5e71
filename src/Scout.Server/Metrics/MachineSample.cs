using Scout.Machines.Hosting;

namespace Scout.Server.Metrics;

/// <summary>One machine as the renderer sees it.</summary>
/// <param name="Values">Of its <c>metric</c> watchers, by watcher, with the moment they vanish; null when it has none.</param>
internal sealed record MachineSample(MachineView View, MachineCounters Counters, IReadOnlyList<WatcherValues>? Values);

/// <summary>The last good output of a <c>metric</c> watcher.</summary>
/// <param name="Until">Monotonic timestamp after which they are old.</param>
internal sealed record WatcherValues(string Watcher, IReadOnlyList<MetricValue> Values, IReadOnlyList<KeyValuePair<string, string>> Labels, long Until);
