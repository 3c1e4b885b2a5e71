namespace Scout.Cli.Terminal;

/// <summary>One of the streams that the command inherited takes no more: a full disk under a redirection, a reader that went away.</summary>
internal sealed class WriteFailedException : IOException
{
    /// <param name="stream">stdout or stderr.</param>
    /// <param name="message">The system's words.</param>
    /// <param name="errno">Becomes the HResult.</param>
    public WriteFailedException(string stream, string message, int errno)
        : base(message, errno) => StreamName = stream;

    public WriteFailedException()
    {
    }

    public WriteFailedException(string message)
        : base(message)
    {
    }

    public WriteFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public string StreamName { get; } = "stdout";
}
