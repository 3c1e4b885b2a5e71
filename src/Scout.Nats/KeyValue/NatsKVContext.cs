using Scout.Nats.KeyValue;
using Scout.Nats.Protocol;

namespace Scout.Nats;

/// <summary>Key-value buckets: streams of a certain shape, named <c>KV_bucket</c>.</summary>
public sealed class NatsKVContext(NatsJSContext context)
{
    private const string Prefix = "KV_";

    public NatsJSContext JetStreamContext { get; } = context;

    public ValueTask<INatsKVStore> CreateStoreAsync(string bucket, CancellationToken cancellationToken = default) =>
        CreateStoreAsync(new NatsKVConfig(bucket), cancellationToken);

    /// <summary>Creates a bucket. Creating the same one again is fine.</summary>
    public async ValueTask<INatsKVStore> CreateStoreAsync(NatsKVConfig config, CancellationToken cancellationToken = default)
    {
        ThrowUnlessBucket(config.Bucket);
        await JetStreamContext.CreateStreamAsync(config.ToStream(), cancellationToken).ConfigureAwait(false);
        return new NatsKVStore(JetStreamContext, config.Bucket);
    }

    public async ValueTask<INatsKVStore> CreateOrUpdateStoreAsync(NatsKVConfig config, CancellationToken cancellationToken = default)
    {
        ThrowUnlessBucket(config.Bucket);
        await JetStreamContext.CreateOrUpdateStreamAsync(config.ToStream(), cancellationToken).ConfigureAwait(false);
        return new NatsKVStore(JetStreamContext, config.Bucket);
    }

    /// <summary>A bucket that is there. Asks the server.</summary>
    /// <exception cref="NatsJSApiException">404 when there is no such bucket.</exception>
    public async ValueTask<INatsKVStore> GetStoreAsync(string bucket, CancellationToken cancellationToken = default)
    {
        ThrowUnlessBucket(bucket);
        await JetStreamContext.GetStreamAsync(StreamOf(bucket), cancellationToken: cancellationToken).ConfigureAwait(false);
        return new NatsKVStore(JetStreamContext, bucket);
    }

    /// <summary>A bucket by its name, without asking the server: for those who may use keys but not ask about streams.</summary>
    public INatsKVStore GetStoreHandle(string bucket)
    {
        ThrowUnlessBucket(bucket);
        return new NatsKVStore(JetStreamContext, bucket);
    }

    public ValueTask<bool> DeleteStoreAsync(string bucket, CancellationToken cancellationToken = default)
    {
        ThrowUnlessBucket(bucket);
        return JetStreamContext.DeleteStreamAsync(StreamOf(bucket), cancellationToken);
    }

    public async IAsyncEnumerable<string> GetBucketNamesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (string name in JetStreamContext.ListStreamNamesAsync("$KV.*.>", cancellationToken).ConfigureAwait(false))
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal)) yield return name[Prefix.Length..];
        }
    }

    internal static string StreamOf(string bucket) => Prefix + bucket;

    private static void ThrowUnlessBucket(string bucket)
    {
        Subjects.ThrowUnlessToken(bucket, nameof(bucket));
        if (bucket.AsSpan().IndexOfAnyExcept(KVKeys.BucketCharacters) >= 0)
            throw new ArgumentException("A bucket's name is letters, digits, '-' and '_'.", nameof(bucket));
    }
}
