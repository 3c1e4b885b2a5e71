using System.Buffers;
using Scout.Nats.Protocol;

namespace Scout.Nats.KeyValue;

/// <summary>The rules for keys: <c>[-/_=.a-zA-Z0-9]+</c>, no dot at either end.</summary>
internal static class KVKeys
{
    public static readonly SearchValues<char> BucketCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    private static readonly SearchValues<char> Characters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/=.");

    public static void ThrowUnlessKey(string key)
    {
        if (string.IsNullOrEmpty(key) || key.AsSpan().IndexOfAnyExcept(Characters) >= 0 || key[0] == '.' || key[^1] == '.' || Subjects.Check(key, wildcards: false) is not null)
            throw new ArgumentException("A key is letters, digits and -/_=. without a dot at either end.", nameof(key));
    }

    /// <summary>A key with wildcards as whole tokens.</summary>
    public static void ThrowUnlessPattern(string key) => Subjects.ThrowUnlessSubscribable(key);
}
