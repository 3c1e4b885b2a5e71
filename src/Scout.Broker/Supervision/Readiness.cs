using System.Text.Json;
using Scout.Broker.Streams;

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

    /// <summary>A connection that got through to JetStream, or an exception of the client.</summary>
    public async Task<NatsConnection> LoginAsync(ServerPorts ports, string? token, CancellationToken cancellation)
    {
        var nats = new NatsConnection(new NatsOpts
        {
            Url = $"nats://{ports.Client.Authority}",
            Name = "scout/broker",
            AuthOpts = new NatsAuthOpts { Token = token },
            ReconnectSpread = TimeSpan.Zero,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(200),
            ReconnectWaitMax = TimeSpan.FromSeconds(2),
            TimeProvider = time,
        });
        try
        {
            await nats.ConnectAsync();
            await nats.PingAsync(cancellation);
            if (JetStreamApi.Error(await new JetStreamApi(nats, time).CallAsync("INFO", null, cancellation)) is { } error) throw new NatsException(error.Description);
            return nats;
        }
        catch
        {
            await nats.DisposeAsync();
            throw;
        }
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
