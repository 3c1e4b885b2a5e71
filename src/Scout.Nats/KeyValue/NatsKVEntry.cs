namespace Scout.Nats;

public enum NatsKVOperation
{
    Put,

    /// <summary>Deleted; older revisions are kept.</summary>
    Del,

    /// <summary>Deleted with all its revisions.</summary>
    Purge,
}

/// <summary>One revision of a key.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; empty for a deletion.</param>
/// <param name="Revision">Its sequence in the bucket's stream.</param>
/// <param name="Delta">Changes that were still to come when a watcher got this one; 0 says that the watcher is up to date.</param>
/// <param name="Created">When the server stored it.</param>
/// <param name="Operation">What was done to the key.</param>
/// <param name="Headers">The headers of the message, with those the server adds.</param>
public readonly record struct NatsKVEntry<T>(
    string Bucket, string Key, T? Value, ulong Revision, ulong Delta, DateTimeOffset Created, NatsKVOperation Operation, NatsHeaders? Headers);
