namespace Scout.Server.Http;

/// <summary>What an <see cref="HttpEndpoint"/> serves.</summary>
internal interface IHttpPages
{
    /// <summary>Everything else is not found.</summary>
    IReadOnlyList<string> Paths { get; }

    /// <summary>One of <see cref="Paths"/>.</summary>
    ValueTask<HttpResponse> GetAsync(string page);
}
