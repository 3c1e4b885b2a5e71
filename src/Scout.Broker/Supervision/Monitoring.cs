using System.Text.Json;

namespace Scout.Broker.Supervision;

/// <summary>What nats-server's own monitoring says; it listens on loopback only.</summary>
internal sealed class Monitoring(HttpClient http)
{
    private const int MaxAnswer = 8 * 1024 * 1024;

    /// <summary><c>config_load_time</c> of <c>/varz</c>: it changes when a reload was accepted. Null while there is no answer.</summary>
    public async Task<string?> ConfigLoadTimeAsync(ServerPorts ports, CancellationToken cancellation)
    {
        using JsonDocument? answer = await GetAsync(ports, "/varz", cancellation);
        return answer is not null && answer.RootElement.TryGetProperty("config_load_time", out JsonElement time) ? time.GetString() : null;
    }

    /// <summary>The JWT by which the server judges an account now; null when it does not say.</summary>
    public async Task<string?> AccountJwtAsync(ServerPorts ports, string account, CancellationToken cancellation)
    {
        using JsonDocument? answer = await GetAsync(ports, "/accountz?acc=" + account, cancellation);
        return answer is not null && answer.RootElement.TryGetProperty("account_detail", out JsonElement detail) && detail.TryGetProperty("jwt", out JsonElement jwt) ? jwt.GetString() : null;
    }

    private async Task<JsonDocument?> GetAsync(ServerPorts ports, string path, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(ports.Monitoring, path), cancellation);
            if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentLength > MaxAnswer) return null;
            await using Stream body = await answer.Content.ReadAsStreamAsync(cancellation);
            return await JsonDocument.ParseAsync(body, default, cancellation);
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or IOException)
        {
            return null;
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }
}
