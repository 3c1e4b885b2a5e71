using Scout.Cli.Grammar;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Commands;

/// <summary><c>scout resume TARGET...</c>, also as <c>maintenance stop</c>.</summary>
internal sealed class ResumeCommand : ChangeCommand
{
    public ResumeCommand(string name)
        : base(name, "End maintenance: checks begin again within a minute")
    {
        AddCommon();
        string path = name == "stop" ? "scout maintenance stop" : "scout resume";
        Notes = "Of what a pattern, a node or --all stands for, machines in maintenance are meant; a machine that is named and in none refuses.";
        Examples = [new($"{path} web1/disk_root", "one machine"), new($"{path} web1 --yes", "all of one node"), new($"{path} --all --yes", "everything that is in maintenance")];
    }

    protected override string Verb => "resume";

    protected override string WhenEmpty => "nothing that matches is in maintenance";

    protected override IReadOnlyList<StatusRow> Concerned(Selection selection, IReadOnlyList<StatusRow> rows) =>
    [
        .. rows.Where(row => row.Record.Maintenance is not null || row.Record.State == "MAINTENANCE"
            || selection.Targets.Any(target => target.IsOneMachine && target.Node.Text == row.Node && target.Machine!.Text == row.Machine)),
    ];

    protected override Func<string[], RpcArgs> Prepare(CommandContext context) => machines => new ResumeArgs(MachineSelection.Of(machines));
}
