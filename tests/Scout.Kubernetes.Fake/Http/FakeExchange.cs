namespace Scout.Kubernetes.Fake;

/// <summary>One request and the answer to it, over Kestrel or in memory.</summary>
public abstract class FakeExchange
{
    public abstract string Method { get; }

    /// <summary>Without the query.</summary>
    public abstract string Path { get; }

    public abstract IReadOnlyDictionary<string, string> Query { get; }

    public abstract string Header(string name);

    public abstract Task<byte[]> BodyAsync();

    /// <summary>As <c>HTTP/2</c>.</summary>
    public virtual string Protocol => "memory";

    /// <summary>The client went away.</summary>
    public abstract CancellationToken Gone { get; }

    public abstract Task StartAsync(int code, IReadOnlyList<(string Name, string Value)> headers);

    public abstract Task WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Breaks the connection (HTTP/2: the stream).</summary>
    public abstract void Abort();

    public string Ask(string name) => Query.TryGetValue(name, out string? value) ? value : "";
}

/// <summary>A request that came in.</summary>
public sealed record FakeRequest(string Method, string Verb, string Plural, string Path, IReadOnlyDictionary<string, string> Query, string Authorization, string UserAgent, string Accept, string Protocol)
{
    public string Ask(string name) => Query.TryGetValue(name, out string? value) ? value : "";
}
