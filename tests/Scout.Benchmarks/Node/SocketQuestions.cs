using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Scout.Benchmarks.Node;

/// <summary>Asks a node over its local socket: one JSON object a line.</summary>
internal sealed class SocketQuestions : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly StreamReader reader;

    public SocketQuestions(string path)
    {
        socket.Connect(new UnixDomainSocketEndPoint(path));
        reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
    }

    public async Task<JsonElement> AskAsync(string action, string args)
    {
        string id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        string line = $$"""{"action":"{{action}}","request":{"schema":"io.scout.rpc.request.v1","id":"{{id}}","ttl_ms":5000,"args":{{args}} } }""" + "\n";
        await socket.SendAsync(Encoding.UTF8.GetBytes(line));
        string answer = await reader.ReadLineAsync() ?? throw new EndOfStreamException();
        return JsonDocument.Parse(answer).RootElement;
    }

    public void Dispose()
    {
        reader.Dispose();
        socket.Dispose();
    }
}
