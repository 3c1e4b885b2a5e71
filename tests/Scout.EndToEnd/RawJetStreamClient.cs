using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Scout.EndToEnd;

/// <summary>
/// A NATS client of the smallest kind, written from the protocol alone: what another implementation would send. It knows nothing of Scout's own client.
/// </summary>
internal sealed class RawJetStreamClient : IAsyncDisposable
{
    private readonly TcpClient tcp = new();
    private StreamReader? reader;
    private NetworkStream? stream;
    private int nextSid;

    public static async Task<RawJetStreamClient> ConnectAsync(int port)
    {
        var client = new RawJetStreamClient();
        await client.tcp.ConnectAsync(IPAddress.Loopback, port);
        client.stream = client.tcp.GetStream();
        client.reader = new StreamReader(client.stream, Encoding.Latin1);
        string? info = await client.reader.ReadLineAsync();
        Assert.StartsWith("INFO ", info, StringComparison.Ordinal);
        await client.SendAsync("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\nPING\r\n");
        Assert.Equal("PONG", await client.reader.ReadLineAsync());
        return client;
    }

    /// <summary>A request on <c>$JS.API</c>.</summary>
    public async Task<JsonElement> ApiAsync(string subject, string body)
    {
        (List<(string Subject, string Headers, string Body)> messages, _) = await AskAsync(subject, body, 1);
        return JsonDocument.Parse(messages[0].Body).RootElement;
    }

    /// <summary>Creates an ephemeral pull consumer and fetches until the batch is done.</summary>
    public async Task<List<(string Subject, string Headers, string Body)>> PullAsync(string streamName, string filter, int batch)
    {
        JsonElement created = await ApiAsync(
            $"$JS.API.CONSUMER.CREATE.{streamName}",
            $$"""{"stream_name":"{{streamName}}","config":{"deliver_policy":"all","ack_policy":"none","replay_policy":"instant","filter_subject":"{{filter}}","inactive_threshold":30000000000} }""");
        string name = created.GetProperty("name").GetString()!;
        (List<(string, string, string)> messages, _) = await AskAsync(
            $"$JS.API.CONSUMER.MSG.NEXT.{streamName}.{name}",
            string.Create(CultureInfo.InvariantCulture, $$"""{"batch":{{batch}},"no_wait":true}"""),
            batch);
        return messages;
    }

    public ValueTask DisposeAsync()
    {
        reader?.Dispose();
        tcp.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<(List<(string Subject, string Headers, string Body)> Messages, string? Status)> AskAsync(string subject, string body, int count)
    {
        int sid = ++nextSid;
        string inbox = $"_INBOX.raw.{sid}";
        await SendAsync($"SUB {inbox} {sid}\r\nPUB {subject} {inbox} {Encoding.UTF8.GetByteCount(body)}\r\n{body}\r\n");
        var messages = new List<(string, string, string)>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        while (messages.Count < count)
        {
            string line = await reader!.ReadLineAsync(limit.Token) ?? throw new EndOfStreamException();
            if (line == "PING")
            {
                await SendAsync("PONG\r\n");
                continue;
            }

            string[] words = line.Split(' ');
            if (words[0] is not ("MSG" or "HMSG")) throw new InvalidDataException(line);
            int total = int.Parse(words[^1], CultureInfo.InvariantCulture);
            int headerLength = words[0] == "HMSG" ? int.Parse(words[^2], CultureInfo.InvariantCulture) : 0;
            char[] payload = new char[total + 2];
            await reader.ReadBlockAsync(payload, limit.Token);
            string headers = new(payload, 0, headerLength);
            string text = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(payload, headerLength, total - headerLength));
            if (headers.StartsWith("NATS/1.0 4", StringComparison.Ordinal)) return (messages, headers.Split("\r\n")[0]);
            messages.Add((words[1], headers, text));
        }

        return (messages, null);
    }

    private async Task SendAsync(string text) => await stream!.WriteAsync(Encoding.UTF8.GetBytes(text));
}
