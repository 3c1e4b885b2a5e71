using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Rendering;

namespace Scout.Cli.Grammar;

/// <summary><c>--nagios</c>: one line and 0 to 3, whatever happens.</summary>
internal sealed class NagiosOption
{
    private const int Unknown = 3;
    private readonly Option<bool> option = new("--nagios") { Description = "Be a plugin: one line, exit 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN" };

    public void AddTo(Command command) => command.Add(option);

    public bool Given(CommandContext context) => context.Get(option);

    /// <summary>With the option, failures are UNKNOWN in one line on stdout, for that is all a scheduler reads.</summary>
    public async Task<int> GuardAsync(CommandContext context, Func<Task<int>> body)
    {
        if (!Given(context)) return await body();
        try
        {
            return await body();
        }
        catch (CliException failure)
        {
            context.Io.Out.WriteLine($"SCOUT UNKNOWN - {Escape.Line(failure.Message).Replace('|', '/')}");
            return Unknown;
        }
    }
}
