using Scout.Broker.Files;

namespace Scout.Broker.Keys;

/// <summary>A private key in a file of its own: the seed, one line, 0600. Never logged, never in a message, never overwritten.</summary>
internal static class SeedFile
{
    private const int MaxLength = 1024;

    /// <summary>Reads the key. The caller disposes of it as soon as it has signed.</summary>
    /// <exception cref="BrokerKeyException">Missing, readable by others, or no key of this type.</exception>
    public static NKeyPair Open(string path, NKeyType type)
    {
        if (!File.Exists(path)) throw new BrokerKeyException($"the key {path} is not here", "bring it back for this step, or work on the machine that has it");
        if (PrivateFile.WhyNotSecret(path) is { } open) throw new BrokerKeyException($"the key cannot be trusted: {open}", $"if somebody may have read it, take a new one: 'scout broker rotate' says how");
        try
        {
            var info = new FileInfo(path);
            if (info.Length > MaxLength || !NKeyPair.TryFromSeed(File.ReadAllText(path), out NKeyPair? pair)) throw Damaged(path);
            if (pair.Type == type) return pair;
            pair.Dispose();
            throw new BrokerKeyException($"{path} holds a key of type {pair.Type}; one of type {type} is due there", "the file was exchanged: put the right one back from the backup");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new BrokerKeyException($"{path} cannot be read: {failure.Message}", inner: failure);
        }
    }

    /// <summary>Reads the key, or makes it when the file is missing. Returns the public half.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="type">What it must be.</param>
    /// <param name="made">True when it was not there.</param>
    public static string Ensure(string path, NKeyType type, out bool made)
    {
        made = !File.Exists(path);
        if (made)
        {
            using NKeyPair fresh = NKeyPair.Create(type);
            PrivateFile.Create(path, fresh.ExportSeed() + "\n");
            return fresh.PublicKey;
        }

        using NKeyPair there = Open(path, type);
        return there.PublicKey;
    }

    private static BrokerKeyException Damaged(string path) => new($"{path} holds no key", "it is damaged: put it back from the backup; it is never made anew over an old one");
}
