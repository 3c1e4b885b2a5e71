using System.Text.Json;

namespace Scout.Broker.Supervision;

/// <summary>
/// When a server is ready (security.md 13): ports file, <c>/healthz</c> 200, login and PING, <c>$JS.API.INFO</c>. The streams come after that.
/// </summary>
internal sealed class Readiness(TimeProvider time, HttpClient http)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until it is up; null when the server ended or the patience did.</summary>
    public async Task<ServerPorts?> WaitAsync(NatsServerChild child, string runFolder, TimeSpan patience, CancellationToken cancellation)
    {
        long start = time.GetTimestamp();
        while (!child.Ended.IsCompleted && (time.GetElapsedTime(start) < patience || child.Recovering))
        {
            if (ServerPorts.Read(runFolder, child.Pid) is { } ports && await IsHealthyAsync(ports, cancellation)) return ports;
            await Task.Delay(Pause, time, cancellation);
        }

        return null;
    }

    private async Task<bool> IsHealthyAsync(ServerPorts ports, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(ports.Monitoring, "/healthz"), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }
}
