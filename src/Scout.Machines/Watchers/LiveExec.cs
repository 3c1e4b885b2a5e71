using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Watchers;

/// <summary>The <c>exec</c> watcher: runs a command on entry and every interval, within cooldown and budget (machines.md 6.2 and section 8).</summary>
internal sealed class LiveExec(HostCore core, LiveMachine machine, ExecWatcher definition) : LiveWatcher(core, machine, definition)
{
    private const int LongestOutput = 4096;

    private readonly ExecWatcher exec = definition;

    // Monotonic; far in the past when it never ran.
    private long lastStart = long.MinValue / 2;

    // Why the run is wanted that waits for the cooldown.
    private Trigger deferred;

    public override bool IsCounted => exec.MaxRuns > 0;

    private long Interval => exec.Interval?.Ticks ?? 0;

    public override void Restart()
    {
        RecallStart();
        if (exec.GatherInitialState || (Interval > 0 && Memory?.LastStart is null)) Due = Math.Max(FirstLook(exec.Interval), Cooled);
        else if (Interval > 0) Due = Math.Max(lastStart + Interval, Cooled);
    }

    public override void Enter(in Entry entry)
    {
        RecallStart();
        deferred = entry.Trigger;
        if (entry.Kind is EntryKind.Start or EntryKind.Reload) Due = Math.Max(FirstLook(exec.Interval), Cooled);
        else if (Cooled > Core.Clock.Now) Due = Cooled;
        else AskNow(Core.Clock.Now);
    }

    public override void BecomeDue()
    {
        long due = Due;
        if (Cooled > Core.Clock.Now) Due = Cooled;
        else AskNow(due);
    }

    public override void GoOnFrom(LiveWatcher before)
    {
        base.GoOnFrom(before);
        if (before is not LiveExec other) return;
        lastStart = other.lastStart;
        deferred = other.deferred;
        // What waited in the queue was forgotten with the old definition.
        if (Active && Due == HostClock.Never && other.Pending is not null) Due = Core.Clock.Now;
    }

    public override RunRequest? Prepare(LiveRun run, out RunOutcome? answer)
    {
        answer = null;
        DateTimeOffset wall = Core.Clock.Wall;
        WatcherRecord memory = Recollect();
        ImmutableArray<DateTimeOffset> starts = memory.Starts;
        Due = Interval > 0 ? Core.Clock.Now + Interval : HostClock.Never;
        if (exec.MaxRuns > 0)
        {
            starts = ExecBudget.Counting(memory.Starts, wall, exec.Per);
            if (starts.Length >= exec.MaxRuns)
            {
                SayExhausted(memory with { Starts = starts }, run);
                return null;
            }
        }

        if (!TryExpand(out IReadOnlyList<string> words, out KeyValuePair<string, string>[] environment, out string? error))
        {
            answer = CommandWords.Failed(error, wall);
            return null;
        }

        lastStart = Core.Clock.Now;
        run.Counted = wall;
        run.CountedBefore = memory.LastStart;
        Remember(memory with { LastStart = wall, Starts = exec.MaxRuns > 0 ? starts.Add(wall) : [], Exhausted = false });
        return new RunRequest
        {
            Id = Core.Runs.NextId(),
            Machine = Machine.Name,
            Watcher = Name,
            Kind = RunKind.Exec,
            Definition = Machine.Definition,
            WatcherDefinition = exec,
            Words = words,
            User = exec.Command.User,
            Environment = environment,
            Timeout = exec.Timeout,
            State = Machine.State,
            Data = Machine.Record.Data ?? "{}",
            DueTimestamp = Core.Clock.ToTimestamp(run.Due),
            Suspect = memory.Suspect,
        };
    }

    public override void Withdraw(LiveRun run)
    {
        if (Memory is not { LastStart: { } wall } memory || run.Counted != wall) return;
        Remember(memory with { LastStart = run.CountedBefore, Starts = memory.Starts.Remove(wall) });
    }

    public override void Complete(LiveRun run, RunOutcome outcome)
    {
        string result = OutcomeOf(outcome);
        string output = outcome.RawOutput;
        if (result == "success" && exec.ParseAsData)
        {
            if (MachineData.TryMerge(Machine.Record.Data, outcome.Stdout ?? outcome.RawOutput, out string? data, out string error, out bool beyond))
            {
                Machine.Record = Machine.Record with { Data = data };
                Core.Touch(Machine, "");
            }
            else
            {
                if (beyond) Core.Counters.DataRefused++;
                result = "failure";
                output = error;
            }
        }

        string? cause = run.Trigger.Cause;
        if (result != "success" || !exec.SuppressSuccessAnnounce)
        {
            WatcherEvent said = Event(result, cause) with
            {
                ExitCode = outcome.ExitCode,
                Signal = outcome.Signal,
                Duration = outcome.Duration,
                Output = KeptResult.Cut(output, LongestOutput),
            };
            Say(said);
            cause = said.Id.ToString();
        }

        WatcherRecord memory = Recollect();
        bool suspect = IsSuspect(outcome.Reason);
        if (memory.LastOutcome != result || memory.Suspect != suspect) Remember(memory with { LastOutcome = result, Suspect = suspect });
        FireOwn(result == "success" ? exec.SuccessTransition : exec.FailTransition, cause, run.Trigger.Chained, output);
    }

    /// <summary>RESUME refills the budget (machines.md section 3).</summary>
    public void Refill()
    {
        if (Memory is { } memory && (memory.Exhausted || memory.Starts.Length > 0)) Remember(memory with { Starts = [], Exhausted = false });
    }

    /// <summary>The moment from which it may start again.</summary>
    private long Cooled => exec.Cooldown > TimeSpan.Zero ? lastStart + exec.Cooldown.Ticks : long.MinValue;

    private void AskNow(long due)
    {
        Trigger trigger = deferred;
        deferred = default;
        Due = HostClock.Never;
        if (Interval > 0)
        {
            Due = due + Interval;
            if (Due <= Core.Clock.Now)
            {
                Core.Counters.TicksWhileAsleep += (Core.Clock.Now - due) / Interval;
                Due = Core.Clock.Now + Interval;
            }
        }

        Core.Runs.Ask(this, trigger, forced: false, due);
    }

    /// <summary>Finds the last start again after a restart: stored wall time, clamped to what it can mean.</summary>
    private void RecallStart()
    {
        if (lastStart > long.MinValue / 2 || Memory?.LastStart is not { } wall) return;
        long now = Core.Clock.Now;
        lastStart = Math.Clamp(Core.Clock.At(wall), now - Math.Max(Interval, exec.Cooldown.Ticks), now);
    }

    private void SayExhausted(WatcherRecord memory, LiveRun run)
    {
        Core.Counters.Exhausted++;
        if (memory.Exhausted) return;
        Say(Event("exhausted", run.Trigger.Cause) with { Output = $"{exec.MaxRuns} runs in {Timing.DurationText.Format(exec.Per)} are spent; RESUME refills" });
        Remember(memory with { Exhausted = true, LastOutcome = "exhausted" });
    }

    private bool TryExpand(out IReadOnlyList<string> words, out KeyValuePair<string, string>[] environment, out string? error)
    {
        environment = exec.Environment.IsEmpty ? [] : new KeyValuePair<string, string>[exec.Environment.Length];
        if (!CommandWords.TryExpand(exec.Command, Core, Machine, out words, out error)) return false;
        if (environment.Length == 0) return true;
        TemplateScope scope = CommandWords.Scope(Core, Machine);
        for (int i = 0; i < environment.Length; i++)
        {
            (string name, TextTemplate value) = exec.Environment[i];
            if (!CommandWords.TryExpand(value, scope, out string expanded, out error)) return false;
            environment[i] = KeyValuePair.Create(name, expanded);
        }

        return true;
    }
}
