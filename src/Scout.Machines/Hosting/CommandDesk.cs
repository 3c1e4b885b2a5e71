using System.Globalization;
using Scout.Machines.Definitions;
using Scout.Machines.Records;

namespace Scout.Machines.Hosting;

/// <summary>What people may do with a machine (machines.md section 10). Decides, changes, and says what happened; the store makes it last.</summary>
internal sealed class CommandDesk(HostCore core)
{
    private const int LongestReason = 500;
    private static readonly TimeSpan LongestMaintenance = TimeSpan.FromDays(365);

    private long lastForced;

    /// <summary>Executes a command; the input it belongs to is still open afterwards.</summary>
    public CommandReply Execute(MachineCommand command)
    {
        if (core.Roster.Find(command.Machine) is not { } machine) return Unknown(command);
        core.Visit(machine);
        if (Refusal(machine, command) is { } refusal)
        {
            if (refusal.Code == CommandCode.NotAllowed) core.Counters.Refused++;
            return refusal;
        }

        return command.Kind switch
        {
            CommandKind.Check => Check(machine, command),
            CommandKind.Maintenance => Maintain(machine, command),
            CommandKind.Resume => Resume(machine, command),
            CommandKind.Acknowledge => Acknowledge(machine, command),
            _ => Transition(machine, command),
        };
    }

    /// <summary>The answer of a command that would be refused now; null when it would be done. Changes nothing.</summary>
    public CommandReply? Refusal(MachineCommand command) => core.Roster.Find(command.Machine) is { } machine ? Refusal(machine, command) : Unknown(command);

    private CommandReply? Refusal(LiveMachine machine, MachineCommand command)
    {
        if (!core.CanCommit)
            return Refuse(machine, CommandCode.Unavailable, $"nothing was changed: the store cannot commit ({core.DegradedReason ?? "no reason known"})");
        if (Misuse(command) is { } misuse) return Refuse(machine, CommandCode.BadRequest, misuse);
        return command.Kind switch
        {
            CommandKind.Check => RefusalOfCheck(machine),
            CommandKind.Maintenance => RefusalOfMaintenance(machine),
            CommandKind.Resume => RefusalByTable(machine, States.Resume),
            CommandKind.Acknowledge => RefusalOfAcknowledgement(machine),
            _ => RefusalOfTransition(machine, command.Transition),
        };
    }

    /// <summary>RFC 3339 in UTC, to the second: for people.</summary>
    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private string? Misuse(MachineCommand command)
    {
        if (command.Reason.Length > LongestReason) return $"the reason has {command.Reason.Length} characters, at most {LongestReason}";
        if (command.Kind is not (CommandKind.Maintenance or CommandKind.Acknowledge) || command.Until is not { } until) return null;
        if (until <= core.Clock.Wall) return $"until {Text(until)} is in the past; the node's clock shows {Text(core.Clock.Wall)}";
        return until - core.Clock.Wall > LongestMaintenance ? "until is more than 365 days away" : null;
    }

    private static CommandReply? RefusalOfCheck(LiveMachine machine)
    {
        if (machine.Check is null) return Refuse(machine, CommandCode.NotAllowed, $"'{machine.Name}' is no check: it has no nagios watcher");
        return machine.State switch
        {
            States.ForceCheck => null,
            States.Maintenance => Refuse(machine, CommandCode.NotAllowed, InMaintenance(machine)),
            _ => machine.Definition.Table.Find(machine.State, States.ForceCheck)?.Destination == machine.State
                ? RefuseTransition(machine, States.ForceCheck)
                : RefusalByTable(machine, States.ForceCheck),
        };
    }

    private static CommandReply? RefusalOfMaintenance(LiveMachine machine)
    {
        StateTable table = machine.Definition.Table;
        if (machine.State == States.Maintenance) return null;
        return table.Find(States.Maintenance, States.Resume) is null || table.Find(machine.State, States.Maintenance)?.Destination != States.Maintenance
            ? RefuseTransition(machine, States.Maintenance)
            : null;
    }

    private static CommandReply? RefusalOfAcknowledgement(LiveMachine machine)
    {
        if (machine.Check is not { } check) return Refuse(machine, CommandCode.NotAllowed, $"'{machine.Name}' is no check: there is nothing to acknowledge");
        if (machine.State == States.Maintenance) return Refuse(machine, CommandCode.NotAllowed, InMaintenance(machine));
        CheckRecord record = check.Record;
        if (!record.Fresh && record.Belief != CheckStatus.Ok) return null;
        string believed = record.Fresh ? "nothing yet" : "OK";
        return Refuse(machine, CommandCode.NotAllowed, $"'{machine.Name}' believes {believed}: there is no problem to acknowledge");
    }

    private static CommandReply? RefusalOfTransition(LiveMachine machine, string? name)
    {
        if (name is not { Length: > 0 }) return Refuse(machine, CommandCode.BadRequest, "which transition? none was named");
        if (machine.Check is not null && States.IsResult(name))
            return Refuse(machine, CommandCode.NotAllowed, $"{name} comes from results only; to look now use 'check'");
        if (name == States.ForceCheck && machine.Check is not null) return RefusalOfCheck(machine);
        return name == States.Maintenance && machine.Definition.Table.Find(machine.State, name)?.Destination == States.Maintenance
            ? Refuse(machine, CommandCode.NotAllowed, "use 'maintenance', which takes a reason and an end")
            : RefusalByTable(machine, name);
    }

    private static CommandReply? RefusalByTable(LiveMachine machine, string name) =>
        machine.Definition.Table.Find(machine.State, name) is null ? RefuseTransition(machine, name) : null;

    private CommandReply Check(LiveMachine machine, MachineCommand command)
    {
        string from = machine.State;
        if (from == States.ForceCheck)
        {
            // A second request changes nothing and gets the same result (machines.md 10.1).
            if (machine.ForcedRun == 0) machine.ForcedRun = ++lastForced;
            return Reply(machine, from) with { ForcedRun = machine.ForcedRun, Message = "a forced check is under way already" };
        }

        core.Moves.Fire(machine, States.ForceCheck, By(command));
        if (machine.State == States.ForceCheck) machine.ForcedRun = ++lastForced;
        long forced = machine.ForcedRun;
        return Accept(machine, command, from) with { ForcedRun = forced == 0 ? null : forced };
    }

    private CommandReply Maintain(LiveMachine machine, MachineCommand command)
    {
        string from = machine.State;
        DateTimeOffset? until = Later(command.Until, machine);
        var record = new MaintenanceRecord(command.Reason, until, command.Caller, core.Clock.Wall);
        if (from == States.Maintenance)
        {
            machine.Record = machine.Record with { Maintenance = record };
            core.Touch(machine, "maintenance", command.Caller, command.RequestId);
            core.Deadlines.Arm(machine);
        }
        else
        {
            core.Moves.Fire(machine, States.Maintenance, By(command) with { Maintenance = record });
        }

        return Accept(machine, command, from) with { Until = until };
    }

    private CommandReply Resume(LiveMachine machine, MachineCommand command)
    {
        string from = machine.State;
        // RESUME by a person ends this occurrence of a window (machines.md 10.3).
        if (from == States.Maintenance && core.Deadlines.TryOpen(machine, out DateTimeOffset end, out _))
            machine.Record = machine.Record with { WindowEndedUntil = end };
        return core.Moves.Fire(machine, States.Resume, By(command)) == MoveResult.Real ? Accept(machine, command, from) : Reply(machine, from);
    }

    private CommandReply Acknowledge(LiveMachine machine, MachineCommand command)
    {
        machine.Record = machine.Record with
        {
            Acknowledgement = new AcknowledgementRecord(command.Reason, command.Until, command.Caller, core.Clock.Wall) { Believed = machine.Check!.Record.Belief },
        };
        core.Touch(machine, "acknowledged", command.Caller, command.RequestId);
        core.Deadlines.Arm(machine);
        return Accept(machine, command, machine.State) with { Until = command.Until };
    }

    private CommandReply Transition(LiveMachine machine, MachineCommand command)
    {
        string from = machine.State;
        string name = command.Transition!;
        if (name == States.ForceCheck && machine.Check is not null) return Check(machine, command);
        if (name == States.Resume) return Resume(machine, command);
        return core.Moves.Fire(machine, name, By(command)) == MoveResult.Real
            ? Accept(machine, command, from)
            : Reply(machine, from) with { Message = $"{name} leads back to {from}: nothing changed" };
    }

    private DateTimeOffset? Later(DateTimeOffset? until, LiveMachine machine) =>
        until is { } given && core.Deadlines.TryOpen(machine, out DateTimeOffset end, out _) && end > given ? end : until;

    /// <summary>It changed something: the record must be on disk before the answer leaves.</summary>
    private CommandReply Accept(LiveMachine machine, MachineCommand command, string from)
    {
        core.Step.MustSync = true;
        core.SayChanges();
        Guid? said = null;
        foreach (MachineEvent one in core.Step.Events)
        {
            if (one.Machine != machine.Name || one.Cause != command.RequestId) continue;
            said = one.Id;
            break;
        }

        return Reply(machine, from) with { Event = said };
    }

    private static CommandReply Reply(LiveMachine machine, string from) => new()
    {
        Machine = machine.Name,
        Code = CommandCode.Ok,
        From = from,
        To = machine.State,
        Allowed = [.. AllowedIn(machine).Select(transition => transition.Name)],
        Until = machine.Record.Maintenance?.Until,
    };

    private static CommandReply Unknown(MachineCommand command) =>
        new() { Machine = command.Machine, Code = CommandCode.NotFound, Message = $"no machine '{command.Machine}' on this node" };

    private static CommandReply Refuse(LiveMachine machine, CommandCode code, string why) =>
        Reply(machine, machine.State) with { Code = code, To = null, Message = why };

    private static CommandReply RefuseTransition(LiveMachine machine, string name)
    {
        IEnumerable<string> allowed = AllowedIn(machine).Select(one => one.Description.Length > 0 ? $"{one.Name} ({one.Description})" : one.Name);
        string list = string.Join(", ", allowed);
        return Refuse(machine, CommandCode.NotAllowed, $"{name} is not allowed in {machine.State}; allowed: {(list.Length > 0 ? list : "nothing")}");
    }

    private static IEnumerable<Transition> AllowedIn(LiveMachine machine) =>
        machine.Definition.Table.Allowed(machine.State).Where(one => machine.Check is null || !States.IsResult(one.Name));

    private static string InMaintenance(LiveMachine machine)
    {
        MaintenanceRecord? record = machine.Record.Maintenance;
        string until = record?.Until is { } end ? $"until {Text(end)}" : "without an end";
        string reason = record is { Reason.Length: > 0 } ? $": {record.Reason}" : "";
        return $"'{machine.Name}' is in MAINTENANCE {until}, by {record?.Caller ?? "nobody known"}{reason}";
    }

    private static Move By(MachineCommand command) => new("command", command.RequestId, false) { Caller = command.Caller };
}
