using System.Collections.Concurrent;

namespace Scout.Broker.Provisioning;

/// <summary>The same rules without a server, for tests of what the provisioner decides.</summary>
internal sealed class MemoryTokenBook : ITokenBook
{
    private readonly ConcurrentDictionary<string, BookEntry> entries = new(StringComparer.Ordinal);
    private long revision;

    /// <summary>Called before each change, with what is changed; what it throws is as if the power went.</summary>
    public Action<string> Before { get; set; } = static _ => { };

    public Task<BookEntry?> GetAsync(string key, CancellationToken stop) => Task.FromResult(entries.GetValueOrDefault(key));

    public Task<bool> CreateAsync(string key, byte[] value, CancellationToken stop)
    {
        Before(key);
        return Task.FromResult(entries.TryAdd(key, new BookEntry(value, Next())));
    }

    public Task<bool> UpdateAsync(string key, byte[] value, ulong revision, CancellationToken stop)
    {
        Before(key);
        return Task.FromResult(entries.TryGetValue(key, out BookEntry? there) && there.Revision == revision && entries.TryUpdate(key, new BookEntry(value, Next()), there));
    }

    public Task<bool> DeleteAsync(string key, ulong revision, CancellationToken stop)
    {
        Before(key);
        return Task.FromResult(entries.TryGetValue(key, out BookEntry? there) && there.Revision == revision && entries.TryRemove(KeyValuePair.Create(key, there)));
    }

    public Task<IReadOnlyList<string>> KeysAsync(CancellationToken stop) => Task.FromResult<IReadOnlyList<string>>([.. entries.Keys.Order(StringComparer.Ordinal)]);

    private ulong Next() => (ulong)Interlocked.Increment(ref revision);
}
