namespace Scout.Broker.Provisioning;

/// <summary>A value and its revision.</summary>
internal sealed record BookEntry(byte[] Value, ulong Revision);

/// <summary>Where tokens and enrolled keys are kept: each change is compared and set, so that of two at the same instant one wins, also over two brokers.</summary>
internal interface ITokenBook
{
    /// <summary>Null: not there.</summary>
    Task<BookEntry?> GetAsync(string key, CancellationToken stop);

    /// <summary>False: somebody else made it first.</summary>
    Task<bool> CreateAsync(string key, byte[] value, CancellationToken stop);

    /// <summary>False: it is not at this revision any more.</summary>
    Task<bool> UpdateAsync(string key, byte[] value, ulong revision, CancellationToken stop);

    /// <summary>False: it is not at this revision any more.</summary>
    Task<bool> DeleteAsync(string key, ulong revision, CancellationToken stop);

    Task<IReadOnlyList<string>> KeysAsync(CancellationToken stop);
}
