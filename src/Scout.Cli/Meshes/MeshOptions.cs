using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Cli.Grammar;

namespace Scout.Cli.Meshes;

/// <summary>What every command of the mesh has: how to print, where to ask, and as a plugin or not.</summary>
internal sealed class MeshOptions
{
    public FleetSession Session { get; } = new();

    public OutputOption Output { get; }

    public NagiosOption Nagios { get; } = new();

    public MeshOptions(params string[] formats) => Output = new OutputOption(formats);

    public void AddTo(Command command)
    {
        Output.AddTo(command);
        Nagios.AddTo(command);
        Session.AddTo(command);
    }

    /// <summary>The broker's memory of the mesh.</summary>
    /// <exception cref="CliException">It is asked of a socket.</exception>
    public static IMeshStore Store(FleetView fleet) => fleet.Asker as IMeshStore
        ?? throw CliException.Usage("this wants the broker: a socket knows one node", "--broker URL asks the fleet; 'scout mesh --local' shows what this node sees");
}
