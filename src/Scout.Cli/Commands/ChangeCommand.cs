using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary>What <c>maintenance start</c>, <c>resume</c>, <c>ack</c> and <c>transition</c> share: find, confirm, do, account.</summary>
internal abstract class ChangeCommand : ScoutCommand
{
    private const int Portion = 200;
    private readonly FleetSession session = new();
    private readonly TargetOptions targets = new(mutating: true);
    private readonly OutputOption output = new();

    protected ChangeCommand(string name, string description)
        : base(name, description)
    {
    }

    /// <summary>What is done, for the question: "put into maintenance".</summary>
    protected abstract string Verb { get; }

    /// <summary>Said when there is nothing to do it to.</summary>
    protected virtual string WhenEmpty => ChangeRow.View.WhenEmpty;

    /// <summary>Machines of one node in one request; transitions go one by one.</summary>
    protected virtual int AtOnce => Portion;

    /// <summary>Reads the command's own options, before anybody is asked; gives the request for some machines of a node.</summary>
    protected abstract Func<string[], RpcArgs> Prepare(CommandContext context);

    /// <summary>Of the machines that match, those to which it makes sense to do it.</summary>
    protected virtual IReadOnlyList<StatusRow> Concerned(Selection selection, IReadOnlyList<StatusRow> rows) => rows;

    protected void AddCommon()
    {
        targets.AddTo(this);
        output.AddTo(this);
        session.AddTo(this);
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        Selection selection = targets.Read(context);
        OutputFormat format = output.Read(context);
        Func<string[], RpcArgs> args = Prepare(context);
        return session.RunAsync(context, async fleet =>
        {
            IReadOnlyList<StatusRow> rows = await Effects.ConfirmAsync(fleet, context, selection, Verb, targets.Yes(context), rows => Concerned(selection, rows));
            IReadOnlyList<MachineOutcome> outcomes = await Effects.AskAsync(fleet, rows, AtOnce, fleet.Timeout, args);
            var writer = new RowWriter<ChangeRow>(context.Io, ChangeRow.View with { WhenEmpty = WhenEmpty }, format);
            writer.AddRange(outcomes.Select(outcome => new ChangeRow(outcome.Node, outcome.Machine, outcome.Code, outcome.Message, outcome.Result as ChangeResult)));
            writer.End(sayEmpty: fleet.Report.Unanswered.Count == 0);
            return fleet.Report.Finish(context, fleet.Timeout, outcomes.Count, mutating: true);
        });
    }

    /// <summary>A reason, within its bound.</summary>
    protected static string Reason(string? text)
    {
        if (text is { Length: > RpcLimits.MaxReason }) throw CliException.Usage($"--reason: over {RpcLimits.MaxReason} characters", "say it shorter, and where to read more");
        return text ?? "";
    }
}
