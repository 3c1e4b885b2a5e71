using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Scout.Checks.Probes.Dns;
using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Server.Configuration;
using Scout.Server.Connection;

namespace Scout.Server.Mesh.Peers;

/// <summary>The system's resolver, and one small request to a responder.</summary>
internal sealed class PeerNames(TimeProvider time) : IPeerNames
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Hosts of SRV records that are looked up at a time.</summary>
    private const int AtATime = 8;

    /// <summary>Who has the SRV records.</summary>
    public DnsServers Resolvers { get; init; } = DnsServers.System;

    public async ValueTask<IReadOnlyList<IPEndPoint>?> LookupAsync(string name, CancellationToken stop)
    {
        if (!name.StartsWith('_')) return await AddressesAsync(name, MeshOptions.DefaultPort, stop);
        if (await BrokerServers.AskAsync(name, Resolvers, stop) is not (IReadOnlyList<string> { Count: > 0 } hosts, _)) return null;
        var found = new List<IPEndPoint>();
        foreach (string[] some in hosts.Chunk(AtATime))
        {
            IReadOnlyList<IPEndPoint>?[] places = await Task.WhenAll(some.Select(async host =>
            {
                int colon = host.LastIndexOf(':');
                return await AddressesAsync(host[..colon], int.Parse(host.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture), stop);
            }));
            foreach (IReadOnlyList<IPEndPoint>? one in places) found.AddRange(one ?? []);
        }

        return found.Count > 0 ? [.. found.Distinct()] : null;
    }

    private async ValueTask<IReadOnlyList<IPEndPoint>?> AddressesAsync(string name, int port, CancellationToken stop)
    {
        try
        {
            IPAddress[] found = await Dns.GetHostAddressesAsync(name, stop).WaitAsync(TimeSpan.FromSeconds(10), time, stop);
            return [.. found.Where(MeshAddress.IsUsable).Select(MeshAddress.Plain).Distinct().Select(address => new IPEndPoint(address, port))];
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
            string pod = root.TryGetProperty("pod", out JsonElement told) && told.ValueKind == JsonValueKind.String && told.GetString() is { } text && PodName.IsOne(text) ? text : "";
            return new PeerPong(node.GetString()!, incarnation, leaving, pod);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
