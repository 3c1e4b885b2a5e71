using System.Text.Json;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Watchers;

/// <summary>The <c>metric</c> watcher: numbers of a command, at its own pace (machines.md 6.2 and section 8).</summary>
internal sealed class LiveMetric(HostCore core, LiveMachine machine, MetricWatcher definition) : LivePaced(core, machine, definition, TimeSpan.FromMinutes(1))
{
    private readonly MetricWatcher metric = definition;

    public override void Enter(in Entry entry)
    {
        if (!entry.WasActive || Due == HostClock.Never) Due = FirstLook(Interval);
    }

    public override RunRequest? Prepare(LiveRun run, out RunOutcome? answer)
    {
        answer = null;
        if (!CommandWords.TryExpand(metric.Command, Core, Machine, out IReadOnlyList<string> words, out string? error))
        {
            answer = CommandWords.Failed(error, Core.Clock.Wall);
            return null;
        }

        return Request(run, RunKind.Metric, metric.Timeout) with { Words = words, User = metric.Command.User };
    }

    public override void Complete(LiveRun run, RunOutcome outcome)
    {
        string result = OutcomeOf(outcome);
        string output = outcome.RawOutput;
        IReadOnlyList<MetricValue> values = [];
        if (result == "success")
        {
            string stdout = outcome.Stdout ?? outcome.RawOutput;
            if (!MetricOutput.TryRead(stdout, outcome.Output, metric.Labels, out values, out string error) || !TryStore(values, out error))
            {
                result = "failure";
                output = error;
                values = [];
            }
        }

        WatcherEvent said = Event(result, run.Trigger.Cause) with
        {
            ExitCode = outcome.ExitCode,
            Signal = outcome.Signal,
            Duration = outcome.Duration,
            Output = KeptResult.Cut(output, LongestOutput),
            Metrics = values,
        };
        Say(said);
        WatcherRecord memory = Recollect();
        bool suspect = IsSuspect(outcome.Reason);
        if (memory.LastOutcome != result || memory.Suspect != suspect) Remember(memory with { LastOutcome = result, Suspect = suspect });
        FireOwn(result == "success" ? metric.SuccessTransition : metric.FailTransition, said.Id.ToString(), run.Trigger.Chained, output);
    }

    /// <summary><c>store</c>: the numbers go to the data under a key of their own, <c>metric.&lt;watcher&gt;</c>.</summary>
    private bool TryStore(IReadOnlyList<MetricValue> values, out string error)
    {
        error = "";
        if (!metric.Store) return true;
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("metric." + Name);
            foreach (MetricValue value in values) writer.WriteNumber(value.Name, value.Value);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        using JsonDocument document = JsonDocument.Parse(buffer.ToArray());
        if (!MachineData.TryMerge(Machine.Record.Data, document.RootElement, out string? data, out error))
        {
            Core.Counters.DataRefused++;
            return false;
        }

        Machine.Record = Machine.Record with { Data = data };
        Core.Touch(Machine, "");
        return true;
    }
}
