using Scout.Checks.Commands;
using Scout.Checks.Output;
using Scout.Machines.Definitions;
using Scout.Machines.Runs;
using Scout.Server.Runs;

namespace Scout.Server.Definitions;

/// <summary>What reading a definition needs from the room that runs plugins (design.md section 1). Also for the tools that read definitions without a node.</summary>
public sealed class DefinitionSyntax : IDefinitionSyntax
{
    public static DefinitionSyntax Instance { get; } = new();

    public bool TrySplitCommand(string text, out IReadOnlyList<string> words, out SyntaxError error)
    {
        bool good = CommandLine.TrySplit(text, out words, out CommandError problem);
        error = good ? default : new SyntaxError(Math.Max(1, problem.Column), problem.Message, problem.Hint);
        return good;
    }

    public RunOutput ReadOutput(string stdout) => RunOutcomes.Of(PluginOutputReader.Read(stdout));

    public IReadOnlyList<string> ShellOperators(string text) => CommandLine.ShellOperators(text);
}
