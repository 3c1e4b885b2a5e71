using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Records;
using Scout.Machines.Runs;

namespace Scout.Machines.Watchers;

/// <summary>The <c>file</c> watcher: a look is a run, because even stat may hang (machines.md 5.1 and section 8).</summary>
internal sealed class LiveFile(HostCore core, LiveMachine machine, FileWatcher definition) : LivePaced(core, machine, definition, Usual)
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FileWatcher file = definition;

    public override void Enter(in Entry entry)
    {
        if (entry.Kind == EntryKind.Start)
        {
            Due = FirstLook(Interval);
            return;
        }

        Due = Core.Clock.Now + Interval.Ticks;
        Core.Runs.Ask(this, entry.Trigger, forced: false, Core.Clock.Now);
    }

    public override RunRequest? Prepare(LiveRun run, out RunOutcome? answer)
    {
        answer = null;
        ManagedFileRequest? managed = null;
        if (file.Managed is { } wanted && !TryExpand(wanted, out managed, out string? error))
        {
            answer = CommandWords.Failed(error, Core.Clock.Wall);
            return null;
        }

        return Request(run, RunKind.File, Patience) with { ManagedFile = managed };
    }

    public override void Complete(LiveRun run, RunOutcome outcome)
    {
        WatcherRecord memory = Recollect();
        bool suspect = IsSuspect(outcome.Reason);
        if (outcome.File is not { Exists: true, Error.Length: 0 } look)
        {
            Fail(run, outcome, memory with { Suspect = suspect });
            return;
        }

        var mark = new FileMark(look.Modified, look.Size, look.Inode);
        bool changed = look.Mended || (memory.Mark is { } before ? before != mark : !file.GatherInitialState);
        // A file that is back as it was is no change, but a later failure is news again.
        WatcherRecord now = memory with { Mark = mark, Suspect = suspect, LastOutcome = changed ? "success" : memory.LastOutcome == "failure" ? null : memory.LastOutcome };
        if (now != memory || Memory is null) Remember(now);
        if (!changed) return;
        WatcherEvent said = Event("success", run.Trigger.Cause) with { Duration = outcome.Duration, Output = look.Mended ? $"{file.Path} mended" : $"{file.Path} changed" };
        Say(said);
        FireOwn(file.SuccessTransition, said.Id.ToString(), run.Trigger.Chained);
    }

    /// <summary>Failure every time, the event only when the outcome changes.</summary>
    private void Fail(LiveRun run, RunOutcome outcome, WatcherRecord memory)
    {
        string? cause = run.Trigger.Cause;
        string why = outcome.File?.Error is { Length: > 0 } error ? error : outcome.Reason == "timeout" ? $"a look at {file.Path} took over {Patience.TotalSeconds:0} s" : Words(outcome);
        if (memory.LastOutcome != "failure")
        {
            WatcherEvent said = Event("failure", cause) with { Duration = outcome.Duration, Output = why };
            Say(said);
            cause = said.Id.ToString();
        }

        WatcherRecord now = memory with { LastOutcome = "failure" };
        if (now != Memory) Remember(now);
        FireOwn(file.FailTransition, cause, run.Trigger.Chained, why);
    }

    private string Words(RunOutcome outcome) => outcome.RawOutput.Length > 0 ? outcome.RawOutput : $"{file.Path} is missing or unreadable";

    private bool TryExpand(ManagedFile wanted, out ManagedFileRequest? request, out string? error)
    {
        request = null;
        TemplateScope scope = CommandWords.Scope(Core, Machine);
        if (!CommandWords.TryExpand(wanted.Contents, scope, out string contents, out error)) return false;
        if (!CommandWords.TryExpand(wanted.Owner, scope, out string owner, out error)) return false;
        if (!CommandWords.TryExpand(wanted.Group, scope, out string group, out error)) return false;
        if (!CommandWords.TryExpand(wanted.Mode, scope, out string mode, out error)) return false;
        request = new ManagedFileRequest(file.Path, contents, owner, group, mode);
        return true;
    }
}
