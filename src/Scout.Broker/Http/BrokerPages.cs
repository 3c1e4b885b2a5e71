using System.Text;
using Scout.Server.Http;

namespace Scout.Broker.Http;

/// <summary><c>/metrics</c>, <c>/healthz</c>, <c>/readyz</c> of the broker. They carry no command (server.md section 7).</summary>
internal sealed class BrokerPages(BrokerState state, TimeProvider time) : IHttpPages
{
    public IReadOnlyList<string> Paths { get; } = ["/metrics", "/healthz", "/readyz"];

    public ValueTask<HttpResponse> GetAsync(string page) => ValueTask.FromResult(page switch
    {
        "/metrics" => HttpResponse.Metrics([Encoding.UTF8.GetBytes(BrokerMetrics.Render(state, time.GetUtcNow()))]),
        "/healthz" => HttpResponse.Text("200 OK", "ok\n"),
        _ => state.Ready ? HttpResponse.Text("200 OK", "ready\n") : HttpResponse.Text("503 Service Unavailable", state.Reason + "\n"),
    });
}
