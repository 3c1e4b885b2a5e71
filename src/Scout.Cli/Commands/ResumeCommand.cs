using Scout.Cli.Grammar;
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
        Examples = [new($"{path} web1/disk_root", "one machine"), new($"{path} --all --state MAINTENANCE --yes", "everything that is in maintenance")];
    }

    protected override string Verb => "resume";

    protected override Func<string[], RpcArgs> Prepare(CommandContext context) => machines => new ResumeArgs(MachineSelection.Of(machines));
}
