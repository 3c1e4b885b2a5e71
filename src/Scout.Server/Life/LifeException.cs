namespace Scout.Server.Life;

/// <summary>The node cannot start, or cannot go on: the message says why and how to mend it, the code is the exit code of server.md section 10.</summary>
internal sealed class LifeException : Exception
{
    public LifeException(int exitCode, string message, string hint = "")
        : base(message)
    {
        ExitCode = exitCode;
        Hint = hint;
    }

    public LifeException()
        : this(1, "failed")
    {
    }

    public LifeException(string message)
        : this(1, message)
    {
    }

    public LifeException(string message, Exception innerException)
        : base(message, innerException) => ExitCode = 1;

    public int ExitCode { get; }

    public string Hint { get; } = "";
}
