namespace Scout.Cli.Errors;

/// <summary>Ends a command: one line that says what, one that says what to do, one exit code.</summary>
internal sealed class CliException(int exitCode, string message, string hint = "") : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>What to do next; empty when there is nothing to add.</summary>
    public string Hint { get; } = hint;

    public static CliException Usage(string message, string hint = "") => new(Errors.ExitCode.Usage, message, hint);

    public static CliException NoConnection(string message, string hint = "") => new(Errors.ExitCode.NoConnection, message, hint);
}
