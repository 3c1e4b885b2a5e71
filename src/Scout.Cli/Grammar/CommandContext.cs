using System.CommandLine;
using Scout.Cli.Terminal;

namespace Scout.Cli.Grammar;

/// <summary>One call of a command.</summary>
internal sealed class CommandContext(ParseResult parse, IConsoleIo io)
{
    public IConsoleIo Io { get; } = io;

    public ParseResult Parse { get; } = parse;

    /// <summary>Signalled by Ctrl-C. Not for commands that host a daemon.</summary>
    public CancellationToken Stop => Io.Interrupted();

    public T? Get<T>(Option<T> option) => Parse.GetValue(option);

    public T? Get<T>(Argument<T> argument) => Parse.GetValue(argument);

    public bool Given(Option option) => Parse.GetResult(option) is { Implicit: false };

    /// <summary>A path as the user means it: relative to the working directory.</summary>
    public string Path(string path) => System.IO.Path.GetFullPath(path, Io.Directory);

    /// <summary>A remark on stderr.</summary>
    public void Say(string line) => Io.Error.WriteLine(Rendering.Escape.Line(line));
}
