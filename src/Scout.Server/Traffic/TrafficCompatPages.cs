using System.Text;
using Scout.Server.Http;
using Scout.Server.Metrics;
using Scout.Server.Metrics.Traffic;
using Scout.Traffic;

namespace Scout.Server.Traffic;

/// <summary>The two pages of <c>statsagent</c>.</summary>
internal sealed class TrafficCompatPages(Func<TrafficSnapshot> current) : IHttpPages
{
    public IReadOnlyList<string> Paths { get; } = ["/metrics", "/status"];

    public ValueTask<HttpResponse> GetAsync(string page)
    {
        TrafficSnapshot snapshot = current();
        if (page == "/status")
        {
            return new ValueTask<HttpResponse>(new HttpResponse("200 OK", "application/json", [Encoding.ASCII.GetBytes($$"""{"pod-count": {{snapshot.Pods.Count}}}""" + "\n")]));
        }

        var writer = new ExpositionWriter("");
        TrafficCompat.Write(writer, snapshot);
        return new ValueTask<HttpResponse>(HttpResponse.Metrics(writer.Take()));
    }
}
