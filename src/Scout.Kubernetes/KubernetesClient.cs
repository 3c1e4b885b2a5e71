using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Scout.Kubernetes;

/// <summary>
/// Lists and watches objects of a cluster, and does nothing else: it never writes. Safe for use from many threads; one list runs at a time. It retries nothing but a request
/// that was refused with an old token; <see cref="Mirror{T}"/> decides what comes after a failure.
/// </summary>
public sealed class KubernetesClient : IAsyncDisposable
{
    private const string Json = "application/json";
    private const string PartialList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    private const string Partial = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
    private readonly KubernetesClientOptions options;
    private readonly ApiTransport transport;
    private readonly SemaphoreSlim oneList = new(1, 1);
    private readonly Lock gate = new();
    private readonly Random random;

    public KubernetesClient(ClusterConnection to, KubernetesClientOptions options, TimeProvider time, ILogger log)
    {
        this.options = options;
        Time = time;
        Log = log;
        random = new Random(options.Seed);
        transport = new ApiTransport(to, options, time, Counters);
    }

    /// <summary>What was asked so far.</summary>
    public KubernetesCounters Counters { get; } = new();

    internal TimeProvider Time { get; }

    internal ILogger Log { get; }

    internal KubernetesClientOptions Options => options;

    /// <summary>Requests and streams that have not given their connections back.</summary>
    internal int Held => transport.Held;

    /// <summary>Largest buffer of any list so far, in bytes.</summary>
    internal int PeakListBuffer { get; private set; }

    /// <summary>All objects of a kind and scope.</summary>
    /// <exception cref="KubernetesException">The API did not give them.</exception>
    public async Task<Listing<T>> ListAsync<T>(ResourceKind<T> kind, Scope scope, ListFrom from, CancellationToken ct) where T : KubernetesObject
    {
        await oneList.WaitAsync(ct);
        try
        {
            if (from == ListFrom.Cache) return await PagesAsync(kind, scope, "resourceVersion=0", new Paging(), ct);
            string paged = $"limit={options.PageSize.ToString(CultureInfo.InvariantCulture)}";
            for (int attempt = 0; attempt < 2; attempt++)
            {
                var paging = new Paging();
                try
                {
                    return await PagesAsync(kind, scope, paged, paging, ct);
                }
                catch (KubernetesException error) when (paging.Pages > 0 && error.Failure is (ApiFailure.Expired or ApiFailure.BadRequest))
                {
                    // The continue token aged while the pages were read.
                    LogMessages.PagesExpired(Log, kind.Plural, paging.Pages);
                }
            }

            return await PagesAsync(kind, scope, "", new Paging(), ct);
        }
        finally
        {
            oneList.Release();
        }
    }

    private async Task<Listing<T>> PagesAsync<T>(ResourceKind<T> kind, Scope scope, string query, Paging paging, CancellationToken ct) where T : KubernetesObject
    {
        var items = new List<T>();
        var oversized = new List<ObjectKey>();
        int unreadable = 0;
        string next = "";
        while (true)
        {
            string more = next.Length == 0 ? query : $"{query}&continue={Uri.EscapeDataString(next)}";
            string all = (more + scope.Query()).TrimStart('&');
            string path = all.Length == 0 ? kind.PathOf(scope) : $"{kind.PathOf(scope)}?{all}";
            using ApiAnswer answer = await transport.GetAsync(path, kind.MetadataOnly ? PartialList : Json, kind.Plural, "list", ct);
            var page = new ListPage<T>(kind, options.MaxObjectBytes, items, oversized);
            await ReadPageAsync(answer, page, ct);
            PeakListBuffer = Math.Max(PeakListBuffer, page.PeakBuffer);
            unreadable += page.Unreadable;
            paging.Pages++;
            if (page.Continue.Length == 0) return new Listing<T>(items, page.ResourceVersion, unreadable, oversized);
            next = page.Continue;
        }
    }

    private async Task ReadPageAsync<T>(ApiAnswer answer, ListPage<T> page, CancellationToken ct) where T : KubernetesObject
    {
        using var late = new CancellationTokenSource(options.BodyTimeout, Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            Stream body = await answer.Content.ReadAsStreamAsync(either.Token);
            await page.ReadAsync(body, () =>
            {
                late.CancelAfter(options.BodyTimeout);
                return either.Token;
            });
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new KubernetesException(ApiFailure.TimedOut, $"the list stood still for {options.BodyTimeout.TotalSeconds:0} s");
        }
        catch (Exception error) when (error is IOException or HttpRequestException or InvalidDataException)
        {
            throw new KubernetesException(ApiFailure.Disconnected, $"the list broke: {error.Message}", error);
        }
    }

    /// <summary>What happens from a version on. Ends when the server ends it between two lines, which it does after some minutes.</summary>
    /// <exception cref="KubernetesException">The watch was refused, broke, or was silent for too long.</exception>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(ResourceKind<T> kind, Scope scope, string resourceVersion, [EnumeratorCancellation] CancellationToken ct)
        where T : KubernetesObject
    {
        using WatchStream<T> stream = await OpenWatchAsync(kind, scope, resourceVersion, ct);
        while (await stream.ReadAsync() is { } found) yield return found;
    }

    internal async Task<WatchStream<T>> OpenWatchAsync<T>(ResourceKind<T> kind, Scope scope, string resourceVersion, CancellationToken ct) where T : KubernetesObject
    {
        int seconds;
        lock (gate) seconds = random.Next((int)options.ShortestWatch.TotalSeconds, (int)options.LongestWatch.TotalSeconds + 1);
        string path = string.Create(CultureInfo.InvariantCulture,
            $"{kind.PathOf(scope)}?watch=true&resourceVersion={Uri.EscapeDataString(resourceVersion)}&allowWatchBookmarks=true&timeoutSeconds={seconds}{scope.Query()}");
        ApiAnswer answer = await transport.GetAsync(path, kind.MetadataOnly ? Partial : Json, kind.Plural, "watch", ct);
        try
        {
            Stream body = await answer.Content.ReadAsStreamAsync(ct);
            return new WatchStream<T>(kind, answer, body, TimeSpan.FromSeconds(seconds), options, Time, ct);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    /// <summary>The server's version.</summary>
    /// <exception cref="KubernetesException">It was not given.</exception>
    public async Task<ApiVersion> VersionAsync(CancellationToken ct)
    {
        using ApiAnswer answer = await transport.GetAsync("version", Json, "version", "get", ct);
        try
        {
            byte[] body = await answer.Content.ReadAsByteArrayAsync(ct);
            return ReadVersion(body);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new KubernetesException(ApiFailure.Disconnected, $"the answer broke: {error.Message}", error);
        }
    }

    private static ApiVersion ReadVersion(byte[] body)
    {
        try
        {
            var json = new Utf8JsonReader(body, JsonWalk.Options);
            string git = "";
            string major = "";
            string minor = "";
            if (json.Read() && json.TokenType == JsonTokenType.StartObject)
            {
                while (JsonWalk.Next(ref json))
                {
                    if (json.ValueTextEquals("gitVersion"u8)) git = JsonWalk.Text(ref json);
                    else if (json.ValueTextEquals("major"u8)) major = JsonWalk.Text(ref json);
                    else if (json.ValueTextEquals("minor"u8)) minor = JsonWalk.Text(ref json);
                    else json.Skip();
                }
            }

            return new ApiVersion(git, major, minor);
        }
        catch (JsonException error)
        {
            throw new KubernetesException(ApiFailure.Unreadable, $"the version is not JSON: {error.Message}", error);
        }
    }

    public ValueTask DisposeAsync()
    {
        transport.Dispose();
        oneList.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class Paging
    {
        public int Pages { get; set; }
    }
}
