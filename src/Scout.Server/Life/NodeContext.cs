namespace Scout.Server.Life;

/// <summary>What a node gets from its process. Tests give it their own.</summary>
public sealed record NodeContext
{
    /// <summary>Where findings, errors and the log go.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Variables of the process.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>What relative paths of flags and variables are relative to.</summary>
    public required string WorkingFolder { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Signals of the process, or of a test.</summary>
    public NodeSignals Signals { get; init; } = new();

    /// <summary>Default of <c>node</c>; null: this machine's host name.</summary>
    public string? HostName { get; init; }

    /// <summary>Through what the node store reaches its files; tests give it a disk that fails.</summary>
    internal Store.IStoreFiles StoreFiles { get; init; } = new Store.LinuxStoreFiles();

    /// <summary>Who may do what; tests give it one that says no. Null: what the configuration says.</summary>
    internal Rpc.IRequestPolicy? Policy { get; init; }

    /// <summary>Whom to believe; tests give it a fleet without enrolment. Null: nobody in secure mode, everybody in dev mode.</summary>
    internal Protocol.Security.Trust.ITrustSource? Trust { get; init; }

    /// <summary>Called once when the node is ready, with what it listens on.</summary>
    public Action<NodeReady> Ready { get; init; } = static _ => { };

    /// <summary>The process as it is.</summary>
    public static NodeContext OfProcess(TextWriter error, NodeSignals signals) => new()
    {
        Error = error,
        Environment = Configuration.ServerConfiguration.ProcessEnvironment(),
        WorkingFolder = Directory.GetCurrentDirectory(),
        Signals = signals,
    };
}

/// <summary>A node that is ready.</summary>
/// <param name="Http">Where it listens, or null.</param>
/// <param name="Socket">Path, or null.</param>
/// <param name="Machines">How many run.</param>
/// <param name="Refused">Files that were never good.</param>
public sealed record NodeReady(System.Net.IPEndPoint? Http, string? Socket, int Machines, int Refused);
