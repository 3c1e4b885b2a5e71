using System.CommandLine;

namespace Scout.Cli.Grammar;

/// <summary>A command that does something.</summary>
internal abstract class ScoutCommand(string name, string description) : Command(name, description)
{
    /// <summary>Shown at the end of its help.</summary>
    public IReadOnlyList<Example> Examples { get; init; } = [];

    /// <summary>What else one should know; shown under the usage line.</summary>
    public string Notes { get; init; } = "";

    /// <summary>Does it. Failures are <see cref="Errors.CliException"/>s; the result is the exit code.</summary>
    public abstract Task<int> RunAsync(CommandContext context);
}

/// <summary>A line to type, and what it does.</summary>
internal sealed record Example(string Line, string What);

/// <summary>A word under which commands stand, such as <c>maintenance</c>.</summary>
internal sealed class CommandFamily : Command
{
    public CommandFamily(string name, string description, params Command[] members)
        : base(name, description)
    {
        foreach (Command member in members) Add(member);
    }
}
