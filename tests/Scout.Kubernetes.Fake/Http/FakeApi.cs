using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace Scout.Kubernetes.Fake;

/// <summary>Answers requests as an API server does, with the faults that a test asks for.</summary>
public sealed class FakeApi(FakeCluster cluster)
{
    private readonly ConcurrentQueue<FakeRequest> requests = [];
    private readonly FakeLists lists = new(cluster);
    private int openWatches;
    private int openLists;
    private int mostLists;

    public FakeCluster Cluster => cluster;

    public FaultScript Faults { get; } = new();

    public FakeAccounts Accounts { get; } = new();

    /// <summary>All that was asked so far.</summary>
    public IReadOnlyList<FakeRequest> Requests => [.. requests];

    /// <summary>Forgets what was asked so far.</summary>
    public void Forget() => requests.Clear();

    public int OpenWatches => Volatile.Read(ref openWatches);

    /// <summary>Most lists that were answered at one time.</summary>
    public int MostParallelLists => Volatile.Read(ref mostLists);

    public int Count(string verb, string? plural = null) => requests.Count(request => request.Verb == verb && (plural is null || request.Plural == plural));

    /// <summary>Continue tokens given so far are too old from now on.</summary>
    public void ExpireContinues() => lists.Expire();

    public async Task HandleAsync(FakeExchange exchange)
    {
        if (exchange.Path is "/readyz" or "/livez")
        {
            await SendAsync(exchange, 200, "text/plain", "ok"u8.ToArray());
            return;
        }

        if (exchange.Path == "/version")
        {
            Note(exchange, "get", "version");
            await SendAsync(exchange, 200, "application/json", Encoding.UTF8.GetBytes("""{"major":"1","minor":"36","gitVersion":"v1.36.2-fake"}"""));
            return;
        }

        FakeRoute route = FakeRoute.Read(exchange);
        Note(exchange, route.Verb, route.Plural);
        Fault? fault = Faults.Take(route.Verb, route.Plural);
        if (fault is not null && await FailAsync(exchange, fault)) return;
        if (Accounts.Find(exchange.Header("Authorization")) is not { } account)
        {
            await RefuseAsync(exchange, 401, "Unauthorized", "Unauthorized");
            return;
        }

        if (route.Resource is not { } resource)
        {
            await RefuseAsync(exchange, 404, "NotFound", "the server could not find the requested resource");
            return;
        }

        if (!account.Rules.Any(rule => rule.Allows(route.Verb, resource, route.Namespace)))
        {
            string place = route.Namespace is { } space ? $"in the namespace \"{space}\"" : "at the cluster scope";
            await RefuseAsync(exchange, 403, "Forbidden",
                $"{resource.Qualified} is forbidden: User \"{account.User}\" cannot {route.Verb} resource \"{resource.Plural}\" in API group \"{resource.Group}\" {place}");
            return;
        }

        switch (route.Verb)
        {
            case "list":
                await ListAsync(exchange, route, resource, fault);
                break;
            case "watch":
                Interlocked.Increment(ref openWatches);
                try
                {
                    await new FakeWatch(cluster, exchange, route, resource, fault).RunAsync();
                }
                finally
                {
                    Interlocked.Decrement(ref openWatches);
                }

                break;
            default:
                await FakeWrites.HandleAsync(cluster, exchange, route, resource);
                break;
        }
    }

    private void Note(FakeExchange exchange, string verb, string plural) =>
        requests.Enqueue(new FakeRequest(exchange.Method, verb, plural, exchange.Path, exchange.Query, exchange.Header("Authorization"), exchange.Header("User-Agent"), exchange.Header("Accept"),
            exchange.Protocol));

    /// <summary>Faults before the body; true when the request is answered by it.</summary>
    private async Task<bool> FailAsync(FakeExchange exchange, Fault fault)
    {
        long asked = cluster.Time.GetTimestamp();
        while (cluster.Time.GetElapsedTime(asked) < fault.HeaderDelay && !exchange.Gone.IsCancellationRequested)
        {
            await cluster.WaitAsync(cluster.Pulses, fault.HeaderDelay - cluster.Time.GetElapsedTime(asked), exchange.Gone);
        }

        if (fault.ResetBeforeHeaders)
        {
            exchange.Abort();
            return true;
        }

        if (fault.Html is { } page)
        {
            await SendAsync(exchange, 200, "text/html", Encoding.UTF8.GetBytes(page));
            return true;
        }

        if (fault.Code is not { } code) return false;
        await RefuseAsync(exchange, code, fault.Reason, $"scripted {code}", fault);
        return true;
    }

    private async Task ListAsync(FakeExchange exchange, FakeRoute route, FakeResource resource, Fault? fault)
    {
        int now = Interlocked.Increment(ref openLists);
        if (now > Volatile.Read(ref mostLists)) Volatile.Write(ref mostLists, now);
        try
        {
            (int code, string reason, byte[] body) = lists.Answer(exchange, route, resource, fault);
            if (code != 200)
            {
                await RefuseAsync(exchange, code, reason, Encoding.UTF8.GetString(body),
                    code == 504 ? new Fault { Cause = "ResourceVersionTooLarge", RetryAfterDetail = 1 } : null);
                return;
            }

            await SendAsync(exchange, 200, "application/json", body, fault);
        }
        finally
        {
            Interlocked.Decrement(ref openLists);
        }
    }

    internal static async Task RefuseAsync(FakeExchange exchange, int code, string reason, string message, Fault? fault = null)
    {
        var details = new JsonObject();
        if (fault?.RetryAfterDetail is { } seconds) details["retryAfterSeconds"] = seconds;
        if (fault?.Cause is { } cause) details["causes"] = new JsonArray(new JsonObject { ["reason"] = cause, ["message"] = "scripted" });
        var status = new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Failure",
            ["message"] = message,
            ["reason"] = reason,
            ["details"] = details,
            ["code"] = code,
        };
        var headers = new List<(string, string)> { ("Content-Type", "application/json") };
        if (fault?.RetryAfter is { } after) headers.Add(("Retry-After", after.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        if (code is >= 300 and < 400) headers.Add(("Location", "https://elsewhere.invalid/login"));
        await exchange.StartAsync(code, headers);
        await exchange.WriteAsync(Encoding.UTF8.GetBytes(status.ToJsonString()));
    }

    internal static async Task SendAsync(FakeExchange exchange, int code, string type, byte[] body, Fault? fault = null)
    {
        var headers = new List<(string, string)> { ("Content-Type", type) };
        if (body.Length > 128 * 1024 && exchange.Header("Accept-Encoding").Contains("gzip", StringComparison.Ordinal))
        {
            headers.Add(("Content-Encoding", "gzip"));
            body = FakeLists.Pack(body);
        }

        await exchange.StartAsync(code, headers);
        int end = fault?.ResetInList == true ? body.Length / 2 : body.Length;
        int piece = fault?.ChunkSize > 0 ? fault.ChunkSize : Math.Max(1, end);
        for (int at = 0; at < end; at += piece) await exchange.WriteAsync(body.AsMemory(at, Math.Min(piece, end - at)));
        if (end < body.Length) exchange.Abort();
    }
}
