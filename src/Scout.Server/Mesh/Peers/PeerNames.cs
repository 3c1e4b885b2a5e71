using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Scout.Protocol;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Peers;

/// <summary>The system's resolver, and one small request to a responder.</summary>
internal sealed class PeerNames(TimeProvider time) : IPeerNames
{
    private const int MaxAnswer = 2048;

    private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET /mesh/ping HTTP/1.1\r\nHost: mesh\r\nConnection: close\r\n\r\n");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async ValueTask<IReadOnlyList<IPAddress>?> LookupAsync(string name, CancellationToken stop)
    {
        try
        {
            IPAddress[] found = await Dns.GetHostAddressesAsync(name, stop).WaitAsync(TimeSpan.FromSeconds(10), time, stop);
            return [.. found.Where(MeshAddress.IsUsable).Select(MeshAddress.Plain).Distinct()];
        }
        catch (Exception error) when (error is SocketException or TimeoutException)
        {
            return null;
        }
    }

    public async Task<PeerPong?> AskAsync(IPAddress address, int port, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var over = new CancellationTokenSource(Patience, time);
        using CancellationTokenRegistration link = over.Token.Register(limit.Cancel);
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
            await socket.ConnectAsync(new IPEndPoint(address, port), limit.Token);
            await socket.SendAsync(Request, limit.Token);
            byte[] answer = new byte[MaxAnswer];
            int length = 0;
            while (length < answer.Length)
            {
                int read = await socket.ReceiveAsync(answer.AsMemory(length), limit.Token);
                if (read == 0) break;
                length += read;
            }

            return Read(answer.AsSpan(0, length));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            stop.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>Null for anything but 200 with the document of a responder.</summary>
    internal static PeerPong? Read(ReadOnlySpan<byte> answer)
    {
        int end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0 || !answer.StartsWith("HTTP/1."u8) || answer.Length < 12 || !answer.Slice(9, 3).SequenceEqual("200"u8)) return null;
        try
        {
            var reader = new Utf8JsonReader(answer[(end + 4)..], new JsonReaderOptions { MaxDepth = 4 });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("node", out JsonElement node) || node.ValueKind != JsonValueKind.String || !Names.IsNode(node.GetString())) return null;
            uint incarnation = root.TryGetProperty("incarnation", out JsonElement number) && number.ValueKind == JsonValueKind.Number && number.TryGetUInt32(out uint value) ? value : 0;
            bool leaving = root.TryGetProperty("leaving", out JsonElement word) && word.ValueKind == JsonValueKind.True;
            return new PeerPong(node.GetString()!, incarnation, leaving);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
