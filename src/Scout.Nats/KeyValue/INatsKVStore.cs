namespace Scout.Nats;

/// <summary>A bucket of keys with values and revisions.</summary>
public interface INatsKVStore
{
    string Bucket { get; }

    /// <summary>Writes a value; returns its revision.</summary>
    ValueTask<ulong> PutAsync<T>(string key, T value, CancellationToken cancellationToken = default);

    /// <summary>Writes a value if the key is not there, or deleted; returns its revision.</summary>
    /// <exception cref="NatsKVCreateException">It is there.</exception>
    ValueTask<ulong> CreateAsync<T>(string key, T value, CancellationToken cancellationToken = default);

    /// <summary>Writes a value if the key is at this revision; returns the new one.</summary>
    /// <exception cref="NatsKVWrongLastRevisionException">It is not.</exception>
    ValueTask<ulong> UpdateAsync<T>(string key, T value, ulong revision, CancellationToken cancellationToken = default);

    /// <summary>Marks a key as deleted.</summary>
    /// <exception cref="NatsKVWrongLastRevisionException">The key is not at the revision asked for.</exception>
    ValueTask DeleteAsync(string key, NatsKVDeleteOpts? opts = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes a key with its history; only in buckets that allow it.</summary>
    /// <exception cref="NatsKVWrongLastRevisionException">The key is not at the revision asked for.</exception>
    ValueTask PurgeAsync(string key, NatsKVDeleteOpts? opts = null, CancellationToken cancellationToken = default);

    /// <summary>The newest revision of a key, or a certain one.</summary>
    /// <exception cref="NatsKVKeyNotFoundException">The key is not there.</exception>
    /// <exception cref="NatsKVKeyDeletedException">It was deleted.</exception>
    ValueTask<NatsKVEntry<T>> GetEntryAsync<T>(string key, ulong revision = 0, CancellationToken cancellationToken = default);

    /// <summary>The newest revision of a key, a deletion too; null when there is none.</summary>
    ValueTask<NatsKVEntry<T>?> TryGetEntryAsync<T>(string key, CancellationToken cancellationToken = default);

    /// <summary>What is there, then what changes, in order, whatever happens to the line. The pattern may have wildcards.</summary>
    IAsyncEnumerable<NatsKVEntry<T>> WatchAsync<T>(string key, NatsKVWatchOpts? opts = null, CancellationToken cancellationToken = default);

    IAsyncEnumerable<NatsKVEntry<T>> WatchAsync<T>(NatsKVWatchOpts? opts = null, CancellationToken cancellationToken = default);

    /// <summary>The kept revisions of a key, oldest first.</summary>
    IAsyncEnumerable<NatsKVEntry<T>> HistoryAsync<T>(string key, CancellationToken cancellationToken = default);

    /// <summary>The keys that are there and not deleted.</summary>
    IAsyncEnumerable<string> GetKeysAsync(CancellationToken cancellationToken = default);

    ValueTask<NatsKVStatus> GetStatusAsync(CancellationToken cancellationToken = default);
}
