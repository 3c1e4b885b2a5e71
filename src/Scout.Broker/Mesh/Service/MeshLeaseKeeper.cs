using Scout.Protocol;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Protocol.Streams;

namespace Scout.Broker.Mesh.Service;

/// <summary>
/// Which of several brokers publishes (mesh.md 7): the document <c>lease</c> is renewed each 2 s by its revision; who sees the same revision for 6 s takes it. No
/// clocks are compared.
/// </summary>
internal sealed class MeshLeaseKeeper(INatsKVStore store, string broker, TimeProvider time, LeasePlace? place = null)
{
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(MeshLease.LostSeconds);

    private readonly LeasePlace place = place ?? LeasePlace.Mesh;
    private ulong revision;
    private long renewedAt;
    private ulong seen;
    private long seenAt = -1;
    private bool held;

    /// <summary>True from the answer to a renewal until 6 s after it was asked for.</summary>
    public bool Held => held && time.GetElapsedTime(renewedAt) < Lost;

    /// <summary>Renews, or looks whether it is free. Call each 2 s.</summary>
    /// <exception cref="NatsException">No answer: a lease that is held stays so until it is lost by time.</exception>
    public async Task BeatAsync(CancellationToken stop)
    {
        long asked = time.GetTimestamp();
        byte[] document = new MeshLease { Broker = broker, At = time.GetUtcNow() }.ToBytes();
        try
        {
            if (held)
            {
                Renewed(await store.UpdateAsync(place.Key, document, revision, stop), asked);
                return;
            }

            NatsKVEntry<byte[]>? entry = await store.TryGetEntryAsync<byte[]>(place.Key, stop);
            if (entry is not { Operation: NatsKVOperation.Put } there)
            {
                Renewed(await store.CreateAsync(place.Key, document, stop), asked);
                return;
            }

            if (IsSteered(there))
            {
                // No broker wrote it: who waited for its end would leave the fleet without one as long as somebody goes on.
                Renewed(await store.UpdateAsync(place.Key, document, there.Revision, stop), asked);
                return;
            }

            if (seenAt < 0 || there.Revision != seen)
            {
                seen = there.Revision;
                seenAt = asked;
                return;
            }

            if (time.GetElapsedTime(seenAt) >= Lost) Renewed(await store.UpdateAsync(place.Key, document, there.Revision, stop), asked);
        }
        catch (Exception taken) when (taken is NatsKVWrongLastRevisionException or NatsKVCreateException)
        {
            held = false;
            seenAt = -1;
        }
    }

    /// <summary>Gives it back, so that another need not wait.</summary>
    public async Task ReleaseAsync(CancellationToken stop)
    {
        if (!held) return;
        held = false;
        await store.DeleteAsync(place.Key, new NatsKVDeleteOpts { Revision = revision }, stop);
    }

    private bool IsSteered(NatsKVEntry<byte[]> entry) => entry.Headers is not { } headers
        || !StoredHeaders.Fit(headers.EachValue(), EventDelivery.DirectGet, place.Stream, place.Prefix + place.Key);

    private void Renewed(ulong now, long asked)
    {
        revision = now;
        renewedAt = asked;
        held = true;
        seenAt = -1;
    }
}

/// <summary>Where a lease lies.</summary>
/// <param name="Stream">Of the bucket.</param>
/// <param name="Prefix">Of its subjects.</param>
/// <param name="Key">In the bucket.</param>
internal sealed record LeasePlace(string Stream, string Prefix, string Key)
{
    public static LeasePlace Mesh { get; } = new(StreamCatalog.Mesh, Subjects.MeshPrefix, MeshLease.Key);
}
