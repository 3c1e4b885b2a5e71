using Scout.Cli.Errors;
using Scout.Cli.Grammar;

namespace Scout.Cli.Targets;

/// <summary>Asks before something is done to more than one machine.</summary>
internal static class Confirmation
{
    /// <summary>Returns when it may go on.</summary>
    /// <param name="context">The call.</param>
    /// <param name="verb">What will be done, as in <c>put into maintenance</c>.</param>
    /// <param name="machines">How many machines match.</param>
    /// <param name="nodes">On how many nodes.</param>
    /// <param name="limit">The most that is allowed; null for no limit.</param>
    /// <param name="yes">The answer was given beforehand.</param>
    /// <exception cref="CliException">More than the limit; nobody to ask; the answer was no.</exception>
    public static void Require(CommandContext context, string verb, int machines, int nodes, int? limit, bool yes)
    {
        if (limit is { } most && machines > most)
        {
            throw CliException.Usage($"{machines} machines match, --limit allows {most}; nothing was done", "narrow the target down, or raise the limit");
        }

        if (machines <= 1 || yes) return;
        string what = $"{machines} machines on {nodes} {(nodes == 1 ? "node" : "nodes")}";
        if (!context.Io.InIsTerminal || !context.Io.ErrorIsTerminal)
        {
            throw CliException.Usage($"{what} match and there is no terminal to ask on; nothing was done", "give --yes to act on all of them");
        }

        Ask(context, $"{verb} {what}?");
    }

    /// <summary>Asks before something that is not taken back. Returns when it may go on.</summary>
    /// <exception cref="CliException">Nobody to ask; the answer was no.</exception>
    public static void Ask(CommandContext context, bool yes, string consequence)
    {
        if (yes) return;
        if (!context.Io.InIsTerminal || !context.Io.ErrorIsTerminal) throw CliException.Usage($"{consequence}, and there is no terminal to ask on; nothing was done", "give --yes to do it");
        Ask(context, consequence + ". Go on?");
    }

    private static void Ask(CommandContext context, string question)
    {
        context.Io.Error.Write(question + " [y/N] ");
        context.Io.Error.Flush();
        string answer = Answer(context);
        if (answer is "y" or "Y" or "yes" or "Yes") return;
        throw CliException.Usage("not confirmed; nothing was done");
    }

    private static string Answer(CommandContext context)
    {
        CancellationToken stop = context.Stop;
        try
        {
            stop.ThrowIfCancellationRequested();
            return context.Io.In.ReadLine()?.Trim() ?? "";
        }
        catch (OperationCanceledException)
        {
            // The shell's prompt does not belong behind the question.
            context.Io.Error.WriteLine();
            throw;
        }
    }
}
