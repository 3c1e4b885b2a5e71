using System.Text;
using Scout.Machines;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Server.Metrics;

/// <summary>The machine series of server.md section 8, in the order of its table. A pure function of the samples.</summary>
internal static class MachineFamilies
{
    private static readonly string[] Status = ["ok", "warning", "critical", "unknown"];

    /// <param name="writer">Where to.</param>
    /// <param name="machines">By name in ordinal order.</param>
    /// <param name="limits">How many series are let through.</param>
    /// <param name="textfile">False: the counters too.</param>
    public static void Write(ExpositionWriter writer, IReadOnlyList<MachineSample> machines, SeriesBudget limits, bool textfile)
    {
        Gauges(writer, machines);
        Information(writer, machines);
        Conditions(writer, machines);
        PerfData(writer, machines, limits);
        MetricValues(writer, machines, limits);
        if (!textfile) Counters(writer, machines);
    }

    /// <summary>0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN or nothing yet.</summary>
    internal static int BeliefOf(CheckRecord check) => check.Fresh ? 3 : (int)check.Belief;

    private static void Gauges(ExpositionWriter writer, IReadOnlyList<MachineSample> machines)
    {
        Each(writer, machines, "scout_check_state", "What the check believes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN or nothing yet.",
            static view => view.Record.Check is { } check ? BeliefOf(check) : null);
        Each(writer, machines, "scout_check_attempt", "Results counted in the present doubt; 0 when the state is hard.",
            static view => view.Record.Check?.DoubtCount);
        Each(writer, machines, "scout_machine_maintenance", "1 while in maintenance.", static view => view.State == "MAINTENANCE" ? 1 : 0);
        Each(writer, machines, "scout_check_flapping", "1 while flapping.", static view => view.Record.Check is { } check ? One(check.Flapping) : null);
        Each(writer, machines, "scout_check_acknowledged", "1 while somebody has acknowledged the problem.",
            static view => view.Record.Check is null ? null : One(view.Record.Acknowledgement is not null));
        Each(writer, machines, "scout_machine_since_timestamp_seconds", "When the present state was entered.", static view => Seconds(view.Record.Since));
        Each(writer, machines, "scout_check_last_result_timestamp_seconds", "When the last run ended.",
            static view => view.Record.Check?.LastResult is { } last ? Seconds(last.EndedAt) : null);
        Each(writer, machines, "scout_check_duration_seconds", "How long the last run took.",
            static view => view.Record.Check?.LastResult?.Duration.TotalSeconds);
        Each(writer, machines, "scout_check_interval_seconds", "The interval as defined.", static view => view.Definition.Check?.Interval?.TotalSeconds);
    }

    private static void Information(ExpositionWriter writer, IReadOnlyList<MachineSample> machines)
    {
        writer.Gauge("scout_machine_info", "Labels of the definition, for joins.");
        foreach (MachineSample machine in machines)
        {
            writer.Begin();
            writer.Label("machine", machine.View.Name);
            writer.Label("kind", machine.View.Definition.Check is null ? "machine" : "check");
            writer.Label("version", machine.View.Definition.Version);
            foreach ((string key, string value) in machine.View.Definition.Labels) writer.Label("label_" + key, value);
            writer.Value(1);
        }

        writer.Gauge("scout_machine_state_info", "The present state of machines that are no checks.");
        foreach (MachineSample machine in machines)
        {
            if (machine.View.Definition.Check is null) writer.Sample("machine", machine.View.Name, "state", machine.View.State, 1);
        }
    }

    private static void Conditions(ExpositionWriter writer, IReadOnlyList<MachineSample> machines)
    {
        Each(writer, machines, "scout_machine_maintenance_until_timestamp_seconds", "When the maintenance ends by itself.",
            static view => view.State == "MAINTENANCE" && view.Record.Maintenance?.Until is { } until ? Seconds(until) : null);
        Each(writer, machines, "scout_check_suppressed", "1 while a machine it depends on is down.",
            static view => view.Record.Check?.SuppressedBy is null ? null : 1);
        Each(writer, machines, "scout_machine_runaway", "1 while its transitions are held back.", static view => view.Record.Runaway ? 1 : null);
        Each(writer, machines, "scout_machine_definition_error", "1 while its file is bad and the last good definition runs.",
            static view => view.DefinitionError is null ? null : 1);
        writer.Gauge("scout_machine_remediation_exhausted", "1 while the budget of a watcher is spent.");
        foreach (MachineSample machine in machines)
        {
            foreach (WatcherRecord watcher in machine.View.Record.Watchers)
            {
                if (watcher.Exhausted) writer.Sample("machine", machine.View.Name, "watcher", watcher.Name, 1);
            }
        }
    }

    private static void PerfData(ExpositionWriter writer, IReadOnlyList<MachineSample> machines, SeriesBudget limits)
    {
        int[] allowed = limits.Divide(machines);
        Numbers(writer, machines, allowed, "seconds", "seconds", "Performance data in seconds.", 1);
        Numbers(writer, machines, allowed, "bytes", "bytes", "Performance data in bytes.", 1);
        Numbers(writer, machines, allowed, "ratio", "percent", "Performance data in percent, as a ratio.", 0.01);
        Numbers(writer, machines, allowed, "value", null, "Performance data in every other unit.", 1);
    }

    private static void Numbers(
        ExpositionWriter writer, IReadOnlyList<MachineSample> machines, int[] allowed, string family, string? unit, string help, double factor)
    {
        writer.Gauge("scout_perfdata_" + family, help);
        for (int i = 0; i < machines.Count; i++)
        {
            if (machines[i].View.Record.Check?.LastResult is not { } last) continue;
            int count = Math.Min(allowed[i], last.PerfData.Count);
            for (int place = 0; place < count; place++)
            {
                PerfDatum number = last.PerfData[place];
                if (number.Value is not { } value || (unit is null ? number.Unit is "seconds" or "bytes" or "percent" : number.Unit != unit)) continue;
                writer.Begin();
                writer.Label("machine", machines[i].View.Name);
                writer.Label("name", number.Label);
                if (unit is null) writer.Label("unit", number.Unit);
                // A division gives 0.97 where a multiplication by 0.01 gives 0.9700000000000001.
                writer.Value(factor == 1 ? value : value / 100);
            }
        }
    }

    private static void MetricValues(ExpositionWriter writer, IReadOnlyList<MachineSample> machines, SeriesBudget limits)
    {
        writer.Gauge("scout_metric_value", "Values of metric watchers.");
        HashSet<string>? seen = null;
        foreach (MachineSample machine in machines)
        {
            if (machine.Values is null) continue;
            foreach (WatcherValues watcher in machine.Values)
            {
                int count = 0;
                seen ??= new HashSet<string>(StringComparer.Ordinal);
                seen.Clear();
                foreach (MetricValue value in watcher.Values)
                {
                    List<KeyValuePair<string, string>> labels = LabelsOf(watcher, value);
                    string name = MetricNames.Valid(value.Name);
                    if (!seen.Add(Key(name, labels)))
                    {
                        limits.SameName();
                    }
                    else if (++count > SeriesBudget.MetricWatcherLimit)
                    {
                        limits.MachineFull();
                        break;
                    }
                    else if (limits.Take())
                    {
                        writer.Begin();
                        writer.Label("machine", machine.View.Name);
                        writer.Label("watcher", watcher.Watcher);
                        writer.Label("name", name);
                        foreach ((string key, string text) in labels) writer.Label(key, text);
                        writer.Value(value.Value);
                    }
                }
            }
        }
    }

    private static List<KeyValuePair<string, string>> LabelsOf(WatcherValues watcher, MetricValue value)
    {
        var labels = new List<KeyValuePair<string, string>>();
        foreach ((string key, string text) in value.Labels.Concat(watcher.Labels))
        {
            string name = MetricNames.Valid(key);
            if (name is "node" or "machine" or "watcher" or "name" || name.StartsWith("__", StringComparison.Ordinal)) name = "label_" + name;
            if (!labels.Exists(label => label.Key == name)) labels.Add(new(name, text));
        }

        labels.Sort(static (one, other) => string.CompareOrdinal(one.Key, other.Key));
        return labels;
    }

    private static string Key(string name, List<KeyValuePair<string, string>> labels)
    {
        if (labels.Count == 0) return name;
        var key = new StringBuilder(name);
        foreach ((string label, string text) in labels) key.Append('\0').Append(label).Append('\0').Append(text);
        return key.ToString();
    }

    private static void Counters(ExpositionWriter writer, IReadOnlyList<MachineSample> machines)
    {
        writer.Counter("scout_check_results_total", "Results of a check by status.");
        foreach (MachineSample machine in machines)
        {
            for (int status = 0; status < Status.Length; status++)
            {
                long count = machine.Counters.Results((CheckStatus)status);
                if (count > 0) writer.Sample("machine", machine.View.Name, "status", Status[status], count);
            }
        }

        Count(writer, machines, "scout_machine_transitions_total", "Real transitions.", static counters => counters.Transitions);
        Count(writer, machines, "scout_machine_refused_total", "Refused transitions.", static counters => counters.Refused);
        Count(writer, machines, "scout_check_perfdata_errors_total", "Items of performance data that could not be read.", static counters => counters.PerfDataErrors);
        writer.Counter("scout_machine_runs_total", "Runs of watchers other than nagios.");
        foreach (MachineSample machine in machines)
        {
            foreach (MachineCounters.RunCount run in machine.Counters.Runs)
            {
                writer.Begin();
                writer.Label("machine", machine.View.Name);
                writer.Label("watcher", run.Watcher);
                writer.Label("outcome", run.Outcome);
                writer.Value(run.Count);
            }
        }
    }

    private static void Count(ExpositionWriter writer, IReadOnlyList<MachineSample> machines, string name, string help, Func<MachineCounters, long> pick)
    {
        writer.Counter(name, help);
        foreach (MachineSample machine in machines)
        {
            long count = pick(machine.Counters);
            if (count > 0) writer.Sample("machine", machine.View.Name, count);
        }
    }

    private static void Each(ExpositionWriter writer, IReadOnlyList<MachineSample> machines, string name, string help, Func<MachineView, double?> pick)
    {
        writer.Gauge(name, help);
        foreach (MachineSample machine in machines)
        {
            if (pick(machine.View) is { } value) writer.Sample("machine", machine.View.Name, value);
        }
    }

    private static double One(bool value) => value ? 1 : 0;

    internal static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;
}
