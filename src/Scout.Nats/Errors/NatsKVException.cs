namespace Scout.Nats;

/// <summary>Whatever went wrong with a bucket.</summary>
public class NatsKVException(string message, Exception? inner = null) : NatsJSException(message, inner);

/// <summary>The key was never written, or its entry is gone.</summary>
public sealed class NatsKVKeyNotFoundException(string key) : NatsKVException($"The key '{key}' is not there.")
{
    public string Key { get; } = key;
}

/// <summary>The key was deleted.</summary>
public sealed class NatsKVKeyDeletedException(string key, ulong revision) : NatsKVException($"The key '{key}' was deleted (revision {revision}).")
{
    public string Key { get; } = key;

    /// <summary>The revision of the tombstone.</summary>
    public ulong Revision { get; } = revision;
}

/// <summary>The key has changed since the revision that was expected.</summary>
public sealed class NatsKVWrongLastRevisionException(string key, ulong expected)
    : NatsKVException($"The key '{key}' is not at revision {expected} any more.")
{
    public string Key { get; } = key;
}

/// <summary>The key is there already.</summary>
public sealed class NatsKVCreateException(string key) : NatsKVException($"The key '{key}' is there already.")
{
    public string Key { get; } = key;
}
