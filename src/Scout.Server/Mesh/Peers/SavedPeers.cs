using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Protocol;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Peers;

/// <summary><c>peers.json</c> in the data directory: the last list, for a start without any source. Pure but for the file.</summary>
internal static class SavedPeers
{
    private const int MaxBytes = 8 * 1024 * 1024;
    private const int FlushAt = 8 * 1024;

    /// <summary>Whatever cannot be read is no list: it is only a help.</summary>
    public static ImmutableArray<PeerSeen> Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            return !file.Exists || file.Length > MaxBytes ? [] : Read(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public static void Save(string path, IEnumerable<PeerSeen> peers)
    {
        string temporary = path + ".tmp";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using (var file = new FileStream(temporary, options))
        {
            Write(file, peers);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Peer by peer: the text of 10,000 is a megabyte, and a buffer for it would stay.</summary>
    internal static void Write(Stream to, IEnumerable<PeerSeen> peers)
    {
        using var json = new Utf8JsonWriter(to);
        json.WriteStartObject();
        json.WriteNumber("v", 1);
        json.WriteStartArray("peers");
        foreach (PeerSeen one in peers)
        {
            json.WriteStartObject();
            json.WriteString("name", one.Name);
            json.WriteString("zone", one.Zone);
            json.WriteStartArray("addresses");
            foreach (IPAddress address in one.Addresses) json.WriteStringValue(address.ToString());
            json.WriteEndArray();
            json.WriteNumber("port", one.Port);
            json.WriteNumber("incarnation", one.Incarnation);
            json.WriteEndObject();
            if (json.BytesPending > FlushAt) json.Flush();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    internal static ImmutableArray<PeerSeen> Read(ReadOnlySpan<byte> json)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, SavedPeersContext.Default.SavedPeerList) is not { V: 1, Peers: { IsDefault: false } saved }) return [];
            ImmutableArray<PeerSeen>.Builder peers = ImmutableArray.CreateBuilder<PeerSeen>();
            var zones = new ZoneNames();
            foreach (SavedPeer one in saved.Take(RosterView.MaxNodes))
            {
                if (one is null || !Names.IsNode(one.Name) || one.Port is < 1 or > 65535 || one.Addresses.IsDefault) continue;
                ImmutableArray<IPAddress> addresses = new RosterMesh(one.Addresses, one.Port, "up").Parse();
                if (!addresses.IsEmpty) peers.Add(new PeerSeen(one.Name, zones.Of(one.Zone), addresses, one.Port, one.Incarnation, PeerWord.Up));
            }

            return peers.ToImmutable();
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

internal sealed record SavedPeerList
{
    public int V { get; init; } = 1;

    public ImmutableArray<SavedPeer> Peers { get; init; } = [];
}

internal sealed record SavedPeer(string Name, string Zone, ImmutableArray<string> Addresses, int Port, uint Incarnation);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SavedPeerList))]
internal sealed partial class SavedPeersContext : JsonSerializerContext;
