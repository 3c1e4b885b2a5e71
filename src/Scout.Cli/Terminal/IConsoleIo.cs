namespace Scout.Cli.Terminal;

/// <summary>Everything a command sees of the world around its process; tests give their own.</summary>
internal interface IConsoleIo
{
    /// <summary>Data, and nothing else.</summary>
    TextWriter Out { get; }

    /// <summary>Errors, hints, questions, progress.</summary>
    TextWriter Error { get; }

    /// <summary>Reading from it ends with an <see cref="OperationCanceledException"/> when the command is interrupted.</summary>
    TextReader In { get; }

    bool OutIsTerminal { get; }

    bool ErrorIsTerminal { get; }

    bool InIsTerminal { get; }

    /// <summary>Columns of the terminal; null when there is none.</summary>
    int? Width { get; }

    /// <summary>Lines of the terminal; null when there is none.</summary>
    int? Height { get; }

    TimeProvider Time { get; }

    /// <summary>Working directory, absolute.</summary>
    string Directory { get; }

    /// <summary>An environment variable; null when absent or empty.</summary>
    string? Variable(string name);

    /// <summary>The whole environment, for a node.</summary>
    IReadOnlyDictionary<string, string> Variables();

    /// <summary>Number of the signal that interrupted the command; 0 when none did.</summary>
    int Signal { get; }

    /// <summary>
    /// Signalled by Ctrl-C and SIGTERM. The first call installs the handlers, so commands that host a daemon, which handles signals itself, never call it.
    /// </summary>
    CancellationToken Interrupted();
}
