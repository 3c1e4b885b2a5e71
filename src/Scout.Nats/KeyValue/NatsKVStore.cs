using System.Runtime.CompilerServices;
using Scout.Nats.JetStream;

namespace Scout.Nats.KeyValue;

internal sealed class NatsKVStore(NatsJSContext js, string bucket) : INatsKVStore
{
    private const string OperationHeader = "KV-Operation";

    private readonly string stream = NatsKVContext.StreamOf(bucket);
    private readonly string prefix = $"$KV.{bucket}.";

    public string Bucket => bucket;

    public async ValueTask<ulong> PutAsync<T>(string key, T value, CancellationToken cancellationToken = default)
    {
        KVKeys.ThrowUnlessKey(key);
        PubAckResponse ack = await WriteAsync(key, value, null, null, cancellationToken).ConfigureAwait(false);
        ack.EnsureSuccess();
        return ack.Seq;
    }

    public async ValueTask<ulong> CreateAsync<T>(string key, T value, CancellationToken cancellationToken = default)
    {
        KVKeys.ThrowUnlessKey(key);
        PubAckResponse ack = await WriteAsync(key, value, 0, null, cancellationToken).ConfigureAwait(false);
        if (IsWrongRevision(ack))
        {
            // A tombstone is not a value: write over it, provided it is still the newest.
            NatsKVEntry<T>? there = await TryGetEntryAsync<T>(key, cancellationToken).ConfigureAwait(false);
            if (there is not { Operation: not NatsKVOperation.Put } tombstone) throw new NatsKVCreateException(key);
            ack = await WriteAsync(key, value, tombstone.Revision, null, cancellationToken).ConfigureAwait(false);
            if (IsWrongRevision(ack)) throw new NatsKVCreateException(key);
        }

        ack.EnsureSuccess();
        return ack.Seq;
    }

    public async ValueTask<ulong> UpdateAsync<T>(string key, T value, ulong revision, CancellationToken cancellationToken = default)
    {
        KVKeys.ThrowUnlessKey(key);
        PubAckResponse ack = await WriteAsync(key, value, revision, null, cancellationToken).ConfigureAwait(false);
        if (IsWrongRevision(ack)) throw new NatsKVWrongLastRevisionException(key, revision);
        ack.EnsureSuccess();
        return ack.Seq;
    }

    public ValueTask DeleteAsync(string key, NatsKVDeleteOpts? opts = null, CancellationToken cancellationToken = default) =>
        RemoveAsync(key, new NatsHeaders { [OperationHeader] = "DEL" }, opts, cancellationToken);

    public ValueTask PurgeAsync(string key, NatsKVDeleteOpts? opts = null, CancellationToken cancellationToken = default) =>
        RemoveAsync(key, new NatsHeaders { [OperationHeader] = "PURGE", ["Nats-Rollup"] = "sub" }, opts, cancellationToken);

    public async ValueTask<NatsKVEntry<T>> GetEntryAsync<T>(string key, ulong revision = 0, CancellationToken cancellationToken = default)
    {
        KVKeys.ThrowUnlessKey(key);
        NatsKVEntry<T>? entry = revision == 0
            ? await TryGetEntryAsync<T>(key, cancellationToken).ConfigureAwait(false)
            : await GetRevisionAsync<T>(key, revision, cancellationToken).ConfigureAwait(false);
        if (entry is not { } found) throw new NatsKVKeyNotFoundException(key);
        return found.Operation == NatsKVOperation.Put ? found : throw new NatsKVKeyDeletedException(key, found.Revision);
    }

    public async ValueTask<NatsKVEntry<T>?> TryGetEntryAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        KVKeys.ThrowUnlessKey(key);
        NatsJSStreamMsg<T>? message = await DirectGet.TryGetAsync<T>(
            js, stream, new StreamMsgGetRequest { LastBySubj = prefix + key }, cancellationToken).ConfigureAwait(false);
        return message is { } found && found.Subject == prefix + key ? Entry(found) : null;
    }

    public IAsyncEnumerable<NatsKVEntry<T>> WatchAsync<T>(NatsKVWatchOpts? opts = null, CancellationToken cancellationToken = default) =>
        WatchAsync<T>(">", opts, cancellationToken);

    public async IAsyncEnumerable<NatsKVEntry<T>> WatchAsync<T>(
        string key, NatsKVWatchOpts? opts = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        KVKeys.ThrowUnlessPattern(key);
        opts ??= NatsKVWatchOpts.Default;
        NatsJSOrderedConsumer consumer = await js.CreateOrderedAsync(stream, Reader(key, opts), cancellationToken).ConfigureAwait(false);
        bool upToDate = opts.UpdatesOnly || consumer.PendingAtStart == 0;
        if (upToDate && opts.OnNoData is not null && await opts.OnNoData(cancellationToken).ConfigureAwait(false)) yield break;
        await foreach (NatsJSMsg<T> message in consumer.ConsumeAsync<T>(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            NatsKVEntry<T> entry = Entry(message);
            if (!opts.IgnoreDeletes || entry.Operation == NatsKVOperation.Put) yield return entry;
            if (upToDate || entry.Delta > 0) continue;
            upToDate = true;
            if (opts.OnNoData is not null && await opts.OnNoData(cancellationToken).ConfigureAwait(false)) yield break;
        }
    }

    public IAsyncEnumerable<NatsKVEntry<T>> HistoryAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        KVKeys.ThrowUnlessPattern(key);
        return WatchAsync<T>(key, new NatsKVWatchOpts { IncludeHistory = true, OnNoData = static _ => ValueTask.FromResult(true) }, cancellationToken);
    }

    public async IAsyncEnumerable<string> GetKeysAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var opts = new NatsKVWatchOpts { IgnoreDeletes = true, MetaOnly = true, OnNoData = static _ => ValueTask.FromResult(true) };
        await foreach (NatsKVEntry<ReadOnlyMemory<byte>> entry in WatchAsync<ReadOnlyMemory<byte>>(">", opts, cancellationToken).ConfigureAwait(false)) yield return entry.Key;
    }

    public async ValueTask<NatsKVStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        new(bucket, await js.GetStreamInfoAsync(stream, null, cancellationToken).ConfigureAwait(false));

    private async ValueTask RemoveAsync(string key, NatsHeaders headers, NatsKVDeleteOpts? opts, CancellationToken cancellationToken)
    {
        KVKeys.ThrowUnlessKey(key);
        ulong? revision = opts?.Revision is > 0 and ulong asked ? asked : null;
        PubAckResponse ack = await WriteAsync<ReadOnlyMemory<byte>>(key, default, revision, headers, cancellationToken).ConfigureAwait(false);
        if (IsWrongRevision(ack)) throw new NatsKVWrongLastRevisionException(key, revision ?? 0);
        ack.EnsureSuccess();
    }

    private ValueTask<PubAckResponse> WriteAsync<T>(string key, T value, ulong? revision, NatsHeaders? headers, CancellationToken cancellationToken) =>
        js.PublishAsync(
            prefix + key, value, new NatsJSPubOpts { ExpectedStream = stream, ExpectedLastSubjectSequence = revision }, headers, cancellationToken);

    private async ValueTask<NatsKVEntry<T>?> GetRevisionAsync<T>(string key, ulong revision, CancellationToken cancellationToken)
    {
        NatsJSStreamMsg<T>? message = await DirectGet.TryGetAsync<T>(
            js, stream, new StreamMsgGetRequest { Seq = revision }, cancellationToken).ConfigureAwait(false);
        return message is { } found && found.Subject == prefix + key ? Entry(found) : null;
    }

    private NatsKVEntry<T> Entry<T>(NatsJSStreamMsg<T> message) => new(
        bucket, message.Subject[prefix.Length..], message.Data, message.Sequence, 0, message.Timestamp, Operation(message.Headers), message.Headers);

    private NatsKVEntry<T> Entry<T>(NatsJSMsg<T> message)
    {
        NatsJSMsgMetadata metadata = message.Metadata!.Value;
        string key = message.Subject.StartsWith(prefix, StringComparison.Ordinal) ? message.Subject[prefix.Length..] : message.Subject;
        return new NatsKVEntry<T>(
            bucket, key, message.Data, metadata.Sequence.Stream, metadata.NumPending, metadata.Timestamp, Operation(message.Headers), message.Headers);
    }

    private static NatsKVOperation Operation(NatsHeaders? headers) => headers is not null && headers.TryGetLastValue(OperationHeader, out string? operation)
        ? operation switch { "DEL" => NatsKVOperation.Del, "PURGE" => NatsKVOperation.Purge, _ => NatsKVOperation.Put }
        : NatsKVOperation.Put;

    private NatsJSOrderedConsumerOpts Reader(string key, NatsKVWatchOpts opts)
    {
        var reader = new NatsJSOrderedConsumerOpts
        {
            FilterSubjects = [prefix + key],
            HeadersOnly = opts.MetaOnly,
            DeliverPolicy = opts.UpdatesOnly ? ConsumerConfigDeliverPolicy.New
                : opts.IncludeHistory ? ConsumerConfigDeliverPolicy.All : ConsumerConfigDeliverPolicy.LastPerSubject,
        };
        return opts.ResumeAtRevision > 0
            ? reader with { DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartSequence, OptStartSeq = opts.ResumeAtRevision }
            : reader;
    }

    private static bool IsWrongRevision(PubAckResponse ack) => ack.Error is { ErrCode: NatsJSErrors.WrongLastSequence or NatsJSErrors.WrongLastMsgId };
}
