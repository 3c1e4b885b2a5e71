namespace Scout.Kubernetes;

/// <summary>What a client may be told; the defaults are what a cluster wants.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>Version in the user agent.</summary>
    public string Version { get; init; } = "0.0.0";

    /// <summary>Who asks, last word of the user agent: it shows in the API server's audit and flow control.</summary>
    public string Component { get; init; } = "client";

    /// <summary>Seed of the lengths of watches.</summary>
    public int Seed { get; init; }

    /// <summary>Objects a page of a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>Bytes a line of a watch or an item of a list may have; what is longer is skipped.</summary>
    public int MaxObjectBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Objects a mirror keeps; new keys beyond are refused.</summary>
    public int MaxObjects { get; init; } = 200_000;

    /// <summary>Shortest and longest life that is asked for a watch, whole seconds.</summary>
    public TimeSpan ShortestWatch { get; init; } = TimeSpan.FromSeconds(240);

    public TimeSpan LongestWatch { get; init; } = TimeSpan.FromSeconds(480);

    /// <summary>Silence after which a stream that has shown a bookmark is given up.</summary>
    public TimeSpan BookmarkSilence { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>Silence beyond the asked life after which any stream is given up.</summary>
    public TimeSpan EndSilence { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request to the headers of its answer.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Silence inside the body of a list.</summary>
    public TimeSpan BodyTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>HTTP/2: a ping after this long with nothing received, while requests are open.</summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Tests speak to a server in the same process here.</summary>
    internal Func<HttpMessageHandler>? Handler { get; init; }
}
