using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Scout.Protocol;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Peers;

/// <summary>The system's resolver, and one small request to a responder.</summary>
internal sealed class PeerNames(TimeProvider time) : IPeerNames
{
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

    public async Task<PeerPong?> AskAsync(IPAddress address, int port, CancellationToken stop) => (await PeerPing.RunAsync(address, port, Patience, time, stop)).Pong;

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
