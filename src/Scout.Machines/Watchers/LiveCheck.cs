using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Watchers;

/// <summary>The <c>nagios</c> watcher: when to look (machines.md 6.1), and what a result does to belief, events and state (section 7).</summary>
internal sealed class LiveCheck(HostCore core, LiveMachine machine, NagiosWatcher definition) : LiveWatcher(core, machine, definition)
{
    private readonly NagiosWatcher check = definition;

    // Some tick of the grid, monotonic; meaningless without an interval.
    private long grid;
    private ResultMark? lastMark;

    public CheckRecord Record => Machine.Record.Check ?? new CheckRecord { Subject = SubjectDigest };

    public string SubjectDigest { get; } = SubjectMark.Of(definition);

    private long Interval => check.Interval?.Ticks ?? 0;

    public override void Restart()
    {
        FindGrid();
        if (Interval == 0) return;
        CheckRecord record = Record;
        long now = Core.Clock.Now;
        DateTimeOffset wall = Core.Clock.Wall;
        if (record.LastResult is not { } last || last.EndedAt > wall || wall - last.EndedAt > 2 * check.Interval || last.EndedAt < Core.Options.BootedAt)
        {
            Due = FirstLookWithin(check.Splay);
            return;
        }

        long started = Core.Clock.At(last.StartedAt);
        Due = TickAt(Math.Max(now, started + (Interval / 2)));
        // In doubt the pace goes on as well; what was missed meanwhile is not made up, or all doubtful checks would start at once.
        if (record.DoubtCount > 0 && check.RetryInterval is { } retry && started + retry.Ticks > now) Due = Math.Min(Due, started + retry.Ticks);
    }

    public override void Enter(in Entry entry)
    {
        if (entry.Kind == EntryKind.Transition && entry.ByOwnResult)
        {
            // Normally the end of the run finds the next due time; not so when the transition had to wait for the runaway limiter.
            if (Due == HostClock.Never && Interval > 0 && Machine.Running?.Watcher != this) Due = TickAt(Core.Clock.Now + (Interval / 2));
            return;
        }

        FindGrid();
        if (Interval == 0) return;
        if (entry.Kind == EntryKind.Transition)
        {
            if (entry.From == States.Maintenance)
            {
                Due = FirstLookWithin(Min(check.Interval!.Value, TimeSpan.FromMinutes(1)));
                return;
            }

            if (entry.WasActive || entry.From == States.ForceCheck)
            {
                Due = Core.Clock.Now + (check.RetryInterval?.Ticks ?? Interval);
                return;
            }
        }

        Due = FirstLookWithin(check.Splay);
    }

    public override void BecomeDue()
    {
        long due = Due;
        // Due again only when the run has ended: ticks meanwhile are skipped.
        Due = HostClock.Never;
        Core.Runs.Ask(this, default, forced: false, due);
    }

    /// <summary>FORCE_CHECK was entered.</summary>
    public void Force(Trigger trigger) => Core.Runs.Ask(this, trigger, forced: true, Core.Clock.Now);

    /// <summary>A machine that it depends on is well again (machines.md 6.4).</summary>
    public void LookSoon()
    {
        if (!Active || Interval == 0 || Due == HostClock.Never) return;
        Due = Math.Min(Due, FirstLook(check.Interval));
    }

    public override void GoOnFrom(LiveWatcher before)
    {
        base.GoOnFrom(before);
        FindGrid();
        if (before is LiveCheck other) lastMark = other.lastMark;
        if (Active && Interval > 0) Due = FirstLookWithin(check.Splay);
    }

    public override RunRequest? Prepare(LiveRun run, out RunOutcome? answer)
    {
        answer = null;
        IReadOnlyList<string> words = [];
        switch (check.Subject)
        {
            case BuiltinSubject:
                answer = Heartbeat();
                return null;
            case PluginSubject plugin when !CommandWords.TryExpand(plugin.Command, Core, Machine, out words, out string? error):
                answer = CommandWords.Failed(error, Core.Clock.Wall);
                return null;
            default:
                break;
        }

        CheckRecord record = Record;
        return new RunRequest
        {
            Id = Core.Runs.NextId(),
            Machine = Machine.Name,
            Watcher = Name,
            Kind = check.Subject is ProbeSubject ? RunKind.Probe : RunKind.Plugin,
            Definition = Machine.Definition,
            WatcherDefinition = check,
            Words = words,
            User = check.Subject is PluginSubject { Command.User: { } user } ? user : null,
            Timeout = check.Timeout,
            State = Machine.State,
            Attempt = AttemptText.Of(record, check),
            Forced = run.Forced,
            DueTimestamp = Core.Clock.ToTimestamp(run.Due),
            Suspect = record.LastResult is { } last && IsSuspect(last.Reason),
        };
    }

    public override void Complete(LiveRun run, RunOutcome outcome)
    {
        bool inForce = Machine.State == States.ForceCheck;
        bool answers = run.Forced && inForce;
        string forcedFrom = Machine.Record.ForcedFrom ?? Machine.State;
        Guid? said = Active || inForce ? Count(run, outcome, answers) : SayUncounted(run, outcome);
        if (answers) Core.Answer(Machine, forcedFrom, said);
        if (Active) Due = DueAfter(run, outcome);
    }

    private Guid? Count(LiveRun run, RunOutcome outcome, bool answers)
    {
        bool inForce = Machine.State == States.ForceCheck;
        CheckRecord before = Record;
        Belief old = Belief.Of(before);
        string? suppressed = outcome.Status == CheckStatus.Ok ? null : Core.Roster.DownParent(Machine);
        CheckStatus status = suppressed is null ? outcome.Status : CheckStatus.Unknown;
        Belief belief = old.With(status, check.Attempts, check.RecoverAttempts, out int counted);
        int limit = Severity.Of(status) < Severity.Of(old.Status) ? check.RecoverAttempts : check.Attempts;
        int ring = check.Flapping is null ? 0 : FlapDetector.Push(before.FlapRing, before.LastRaw, outcome.Status);
        bool flapping = FlapDetector.IsFlapping(before.Flapping, ring, check.Flapping);
        Machine.NotRunning = outcome.Reason == "stuck" ? outcome.Output.Text : null;
        Machine.Record = Machine.Record with
        {
            Check = new CheckRecord
            {
                Fresh = belief.Fresh,
                Belief = belief.Status,
                DoubtDirection = belief.Direction,
                DoubtCount = belief.Count,
                DoubtExtreme = belief.Extreme,
                FlapRing = ring,
                Flapping = flapping,
                SuppressedBy = suppressed,
                LastRaw = outcome.Status,
                LastResult = KeptResult.Of(outcome),
                Subject = SubjectDigest,
            },
            Acknowledgement = Acknowledged(old, belief),
        };

        var mark = new ResultMark(status, outcome.Reason, belief.IsHard, flapping, suppressed);
        bool lets = EventFilter.Lets(check.Events ?? Core.Options.Events, lastMark, mark, before.LastResult?.Status);
        lastMark = mark;
        CheckEvent? said = null;
        if (lets || Announcement is not null)
        {
            said = Event(run, outcome) with
            {
                Status = status,
                Hard = belief.IsHard,
                Attempt = belief.Count,
                Attempts = belief.IsHard ? limit : belief.Direction > 0 ? check.Attempts : check.RecoverAttempts,
                Flapping = flapping,
                SuppressedBy = suppressed,
            };
            if (lets) Say(said);
            else Announcement!.Latest = said;
        }

        string? cause = lets ? said!.Id.ToString() : run.Trigger.Cause;
        Core.Touch(Machine, "", null, cause);
        // A run that was under way when FORCE_CHECK came counts, but does not answer it (machines.md 7.2).
        if (answers || (Active && !inForce))
        {
            string transition = MachineView.StatusName(belief.Fires);
            if (transition != Machine.State)
            {
                var move = new Move("check", cause, run.Trigger.Chained)
                {
                    Watcher = this,
                    Attempt = counted,
                    Output = outcome.Output.Text,
                };
                Core.Moves.Fire(Machine, transition, move);
            }
        }

        return lets ? said!.Id : null;
    }

    private Guid SayUncounted(LiveRun run, RunOutcome outcome)
    {
        CheckEvent said = Event(run, outcome) with { InMaintenance = Machine.State == States.Maintenance };
        Say(said);
        return said.Id;
    }

    private AcknowledgementRecord? Acknowledged(in Belief old, in Belief now)
    {
        AcknowledgementRecord? acknowledgement = Machine.Record.Acknowledgement;
        if (acknowledgement is null || now.Fresh) return acknowledgement;
        CheckStatus known = acknowledgement.Believed ?? old.Status;
        return now.Status == CheckStatus.Ok || Severity.Of(now.Status) > Severity.Of(known) ? null : acknowledgement;
    }

    private CheckEvent Event(LiveRun run, RunOutcome outcome) => new()
    {
        Id = Core.Options.NewId(),
        Machine = Machine.Name,
        Time = Core.Clock.Wall,
        Cause = run.Trigger.Cause,
        Definition = Machine.Definition,
        State = Machine.State,
        Status = outcome.Status,
        RawStatus = outcome.Status,
        Outcome = outcome,
        Hard = Record.DoubtCount == 0,
        Attempts = check.Attempts,
    };

    /// <summary>After a run (machines.md 6.1): the first tick at or after its start + interval/2; in doubt <c>retry_interval</c> after its start.</summary>
    private long DueAfter(LiveRun run, RunOutcome outcome)
    {
        if (Interval == 0) return HostClock.Never;
        long now = Core.Clock.Now;
        long started = Math.Max(run.Started, now - outcome.Duration.Ticks);
        long due;
        if (Record.DoubtCount > 0 && check.RetryInterval is { Ticks: > 0 } retry)
        {
            due = started + retry.Ticks;
            if (due >= now) return due;
            long late = CeilingTo(now - due, retry.Ticks);
            Core.Counters.TicksWhileRunning += late / retry.Ticks;
            return due + late;
        }

        due = TickAt(Math.Max(started + (Interval / 2), now));
        CountSkipped(run, started, due);
        return due;
    }

    // From when it was due to when it is due again: what passed before the host looked, before the run got its slot, and before it ended.
    private void CountSkipped(LiveRun run, long started, long next)
    {
        long half = Interval / 2;
        long afterStart = TickAt(started + half);
        Core.Counters.TicksWhileRunning += Math.Max(0, next - afterStart) / Interval;
        if (run.Forced || started <= run.Due + half) return;
        long afterAsking = TickAt(run.Asked + half);
        Core.Counters.TicksWhileWaiting += Math.Max(0, afterStart - afterAsking) / Interval;
        Core.Counters.TicksWhileAsleep += Math.Max(0, afterAsking - TickAt(run.Due + half)) / Interval;
    }

    private long FirstLookWithin(TimeSpan window)
    {
        long now = Core.Clock.Now;
        return Math.Min(now + Core.Place(Placement, window), TickAt(now));
    }

    private long TickAt(long moment) => moment >= grid ? grid + CeilingTo(moment - grid, Interval) : grid - ((grid - moment) / Interval * Interval);

    /// <summary>The wall clock is read here and only here: from one tick on, the grid is monotonic.</summary>
    private void FindGrid()
    {
        if (Interval == 0) return;
        long since = Core.Options.Splay
            ? Core.Clock.Wall.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks - Core.Place(Placement, check.Interval!.Value)
            : Core.Clock.Wall.UtcTicks - Core.GridOrigin.UtcTicks;
        long past = since % Interval;
        if (past < 0) past += Interval;
        grid = past == 0 ? Core.Clock.Now : Core.Clock.Now + Interval - past;
    }

    private RunOutcome Heartbeat()
    {
        DateTimeOffset wall = Core.Clock.Wall;
        return new RunOutcome
        {
            Id = 0,
            Status = CheckStatus.Ok,
            Reason = "builtin",
            StartedAt = wall,
            Output = new RunOutput(wall.ToUnixTimeSeconds().ToString(), "", [], 0, ""),
        };
    }

    private static long CeilingTo(long distance, long step) => (distance + step - 1) / step * step;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
