using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Help;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;

namespace Scout.Cli;

/// <summary>From words to an exit code; everything a test needs to call.</summary>
internal static class ScoutCommandLine
{
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    /// <summary>Parses, runs, and turns every failure into two lines and a code. Never throws.</summary>
    public static async Task<int> InvokeAsync(IReadOnlyList<string> args, IConsoleIo io)
    {
        try
        {
            int code = await DispatchAsync(args, io);
            await io.Out.FlushAsync();
            return code;
        }
        catch (CliException failure)
        {
            return Fail(io, failure);
        }
        catch (IOException failure) when (Broken.Pipe(failure))
        {
            return ExitCode.Done;
        }
        catch (WriteFailedException failure)
        {
            return Fail(io, new CliException(ExitCode.TargetFailed, $"{failure.StreamName} cannot be written: {failure.Message}", "what was printed is not complete; make room, or print to somewhere else"));
        }
        catch (OperationCanceledException)
        {
            return Interrupted(io);
        }
        catch (Exception failure)
        {
            // A defect of ours, which does not deserve a stack trace in the night.
            string trace = io.Variable("SCOUT_TRACE") is null ? "SCOUT_TRACE=1 shows where" : failure.ToString();
            return Fail(io, new CliException(ExitCode.TargetFailed, $"{failure.GetType().Name}: {failure.Message}", trace));
        }
    }

    private static async Task<int> DispatchAsync(IReadOnlyList<string> args, IConsoleIo io)
    {
        args = LeadingOptions.Move(args);
        // `scout help status` is what fingers know from elsewhere.
        if (args is ["help", ..]) args = [.. args.Skip(1), "--help"];
        Command root = CommandTree.Make(out Option<bool> help, out Option<bool> version);
        ParseResult parse = root.Parse(args, Parser);
        Command command = parse.CommandResult.Command;
        if (parse.GetValue(help) || (command == root && args.Count == 0))
        {
            // Help on a word that nobody knows is no help.
            if (command is not ScoutCommand && parse.UnmatchedTokens.Count > 0) ParseProblems.Check(parse, args);
            await io.Out.WriteAsync(HelpPage.Of(command, io.Width));
            return ExitCode.Done;
        }

        if (command == root && parse.GetValue(version) && parse.Errors.Count <= 1) return await RunAsync(CommandTree.Version(root), parse, io);
        ParseProblems.Check(parse, args);
        return await RunAsync((ScoutCommand)command, parse, io);
    }

    private static Task<int> RunAsync(ScoutCommand command, ParseResult parse, IConsoleIo io) => command.RunAsync(new CommandContext(parse, io));

    private static int Fail(IConsoleIo io, CliException failure)
    {
        try
        {
            // What was printed before the failure belongs before it.
            io.Out.Flush();
        }
        catch (IOException)
        {
            // The failure being reported may be this very stream.
        }

        try
        {
            bool colour = Style.ColourOnError(io);
            if (failure.Message.Length > 0)
            {
                string[] lines = [.. Escape.Lines(failure.Message)];
                io.Error.WriteLine($"{(colour ? "\x1b[1;31mscout: error:\x1b[0m" : "scout: error:")} {lines[0]}");
                foreach (string more in lines.Skip(1)) io.Error.WriteLine(more);
            }

            if (failure.Hint.Length > 0)
            {
                foreach (string line in Escape.Lines(failure.Hint)) io.Error.WriteLine($"{(colour ? "\x1b[36mhint:\x1b[0m" : "hint:")} {line}");
            }
        }
        catch (IOException)
        {
            // Nobody reads stderr either; the exit code says it.
        }

        return failure.ExitCode;
    }

    private static int Interrupted(IConsoleIo io)
    {
        try
        {
            io.Out.Flush();
        }
        catch (IOException)
        {
            // Ctrl-C often ends the reader of the pipe too.
        }

        return ExitCode.Interrupted(io.Signal);
    }
}
