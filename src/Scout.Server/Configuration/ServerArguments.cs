namespace Scout.Server.Configuration;

/// <summary>The flags of <c>scout server run</c> and <c>check</c>, as typed; null: not given (server.md section 1).</summary>
public sealed record ServerArguments
{
    /// <summary><c>--config</c>.</summary>
    public string? Config { get; init; }

    /// <summary><c>--node</c>.</summary>
    public string? Node { get; init; }

    /// <summary><c>--machines</c>.</summary>
    public string? Machines { get; init; }

    /// <summary><c>--data</c>.</summary>
    public string? Data { get; init; }

    /// <summary><c>--broker</c>, again or with commas.</summary>
    public IReadOnlyList<string> Broker { get; init; } = [];

    /// <summary><c>--http</c>.</summary>
    public string? Http { get; init; }

    /// <summary><c>--textfile</c>.</summary>
    public string? Textfile { get; init; }

    /// <summary><c>--socket</c>.</summary>
    public string? Socket { get; init; }

    /// <summary><c>--log-level</c>.</summary>
    public string? LogLevel { get; init; }

    /// <summary><c>--log-format</c>.</summary>
    public string? LogFormat { get; init; }

    /// <summary><c>--dev</c>.</summary>
    public bool Dev { get; init; }

    /// <summary><c>--enroll-token</c>.</summary>
    public string? EnrollToken { get; init; }

    /// <summary><c>--token-file</c>.</summary>
    public string? TokenFile { get; init; }
}
