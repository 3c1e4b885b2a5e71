namespace Scout.Server.Store;

/// <summary>The store cannot be opened at all.</summary>
internal sealed class StoreException : Exception
{
    public StoreException(StoreProblem problem, string message, Exception? inner = null)
        : base(message, inner) => Problem = problem;

    public StoreProblem Problem { get; }
}

/// <summary>Why; decides the exit code (server.md section 10).</summary>
internal enum StoreProblem
{
    /// <summary>It belongs to another node: exit 2.</summary>
    ForeignNode,

    /// <summary>A newer version wrote it: exit 2.</summary>
    NewerFormat,

    /// <summary>The folder cannot be made or read: exit 3.</summary>
    Unusable,
}
