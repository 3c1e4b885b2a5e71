using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Scout.Testing.Processes;

/// <summary>The local socket as a script would use it: one JSON object a line.</summary>
public sealed class SocketClient : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader reader;
    private int next;

    public SocketClient(string path)
    {
        socket.Connect(new UnixDomainSocketEndPoint(path));
        reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
    }

    /// <summary>The reply document, or null when the other side went away before it answered.</summary>
    public Task<JsonElement?> AskAsync(string action, string args) => AskAsync(action, args, $"{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}-{++next}"[..36]);

    /// <summary>The same, under an id of the caller's choice.</summary>
    public async Task<JsonElement?> AskAsync(string action, string args, string id)
    {
        byte[] line = Encoding.UTF8.GetBytes(
            $$"""{"action":"{{action}}","request":{"schema":"io.scout.rpc.request.v1","id":"{{id}}","ttl_ms":5000,"args":{{args}} } }""" + "\n");
        try
        {
            await socket.SendAsync(line);
            string? answer = await reader.ReadLineAsync();
            return answer is null ? null : JsonDocument.Parse(answer).RootElement;
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        reader.Dispose();
        socket.Dispose();
    }
}
