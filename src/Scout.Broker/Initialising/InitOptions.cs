namespace Scout.Broker.Initialising;

/// <summary>What <c>scout broker init</c> was asked for.</summary>
public sealed record InitOptions
{
    /// <summary>The broker's directory.</summary>
    public string Root { get; init; } = BrokerOptions.DefaultData;

    /// <summary>Names and addresses by which nodes reach the broker; empty when it goes on where it was interrupted.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary><c>HOST:PORT</c> for nats-server; null: every address, port 4222.</summary>
    public string? Listen { get; init; }

    /// <summary>Where the keys go that nobody needs daily; null: beside the others.</summary>
    public string? OfflineKeys { get; init; }

    /// <summary>The executable that judges the configuration; null: on the path.</summary>
    public string? NatsServer { get; init; }
}

/// <summary>A file of the broker's directory, as <c>init</c> found or made it.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Made">False: it was there.</param>
/// <param name="What">For people.</param>
public sealed record InitStep(string Path, bool Made, string What);

/// <summary>What <c>scout broker init</c> did.</summary>
/// <param name="Steps">Every file.</param>
/// <param name="BackUp">What to keep a copy of, and where: path and reason.</param>
/// <param name="Next">Commands to type next, and what they do.</param>
/// <param name="Remarks">What is worth knowing.</param>
public sealed record InitReport(
    IReadOnlyList<InitStep> Steps, IReadOnlyList<KeyValuePair<string, string>> BackUp, IReadOnlyList<KeyValuePair<string, string>> Next, IReadOnlyList<string> Remarks);
