namespace Scout.Server.Http;

/// <summary>What the pages say. None of them asks broker, peers or plugins.</summary>
internal sealed class HttpPages(TimeProvider time, Func<ValueTask<ReadOnlyMemory<byte>[]>> metrics) : IHttpPages
{
    /// <summary>A loop that has not turned for so long is ill.</summary>
    public static readonly TimeSpan Pulse = TimeSpan.FromSeconds(30);

    public IReadOnlyList<string> Paths { get; } = ["/metrics", "/healthz", "/readyz"];

    private long lastTick = time.GetTimestamp();
    private string[] reasons = ["starting"];

    /// <summary>Called by the loop on every turn.</summary>
    public void Tick() => Volatile.Write(ref lastTick, time.GetTimestamp());

    /// <summary>Why the node is not ready, a line each; none: it is.</summary>
    public void SetReadiness(params string[] why) => Volatile.Write(ref reasons, why);

    public async ValueTask<HttpResponse> GetAsync(string page)
    {
        switch (page)
        {
            case "/healthz":
                TimeSpan still = time.GetElapsedTime(Volatile.Read(ref lastTick));
                return still < Pulse ? HttpResponse.Text("200 OK", "ok\n") : HttpResponse.Text("503 Service Unavailable", $"the loop has not ticked for {(int)still.TotalSeconds} s\n");
            case "/readyz":
                string[] why = Volatile.Read(ref reasons);
                return why.Length == 0 ? HttpResponse.Text("200 OK", "ready\n") : HttpResponse.Text("503 Service Unavailable", string.Join('\n', why) + "\n");
            default:
                return Array.IndexOf(Volatile.Read(ref reasons), "starting") >= 0
                    ? HttpResponse.Text("503 Service Unavailable", "starting\n")
                    : HttpResponse.Metrics(await metrics());
        }
    }
}
