namespace Scout.Cli.Errors;

/// <summary>What the command line answers to the shell (docs: the root help). Stable.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>A target failed, was refused, or is pending.</summary>
    public const int TargetFailed = 1;

    /// <summary>Usage, or a file that is not valid.</summary>
    public const int Usage = 2;

    /// <summary>Cannot connect, or not allowed.</summary>
    public const int NoConnection = 3;

    /// <summary>Nothing matched.</summary>
    public const int NothingMatched = 4;

    /// <summary>A node that was asked did not answer.</summary>
    public const int NoAnswer = 5;

    /// <summary>Ended by a signal, as shells count it: 130 after Ctrl-C, 143 after SIGTERM.</summary>
    public static int Interrupted(int signal) => 128 + (signal == 0 ? 2 : signal);
}
