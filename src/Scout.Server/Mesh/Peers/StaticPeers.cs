using System.Collections.Immutable;
using Scout.Server.Configuration;

namespace Scout.Server.Mesh.Peers;

/// <summary>Peers of the configuration: always the same.</summary>
internal sealed class StaticPeers(ImmutableArray<PeerEntry> entries, long now) : IPeerSource
{
    public string Kind => "static";

    public bool IsReady => true;

    public ImmutableArray<PeerSeen> Peers { get; } = Of(entries);

    public long? ConfirmedAt => now;

    public static ImmutableArray<PeerSeen> Of(ImmutableArray<PeerEntry> entries)
    {
        var zones = new ZoneNames();
        return [.. entries.Select(one => new PeerSeen(one.Name, zones.Of(one.Zone), one.Addresses, one.Port, 0, PeerWord.Up))];
    }

    public void Start(Action changed)
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
