using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Provisioning;
using Scout.Broker.Secure;

namespace Scout.Broker.Attached;

/// <summary>What brokers of a cluster must agree on: accounts with their revocations, and the trust document. Each part is signed, so it may lie anywhere.</summary>
internal sealed record SharedState(string Fleet, string Provision, string Trust)
{
    public static SharedState Of(BrokerFiles files) => new(AccountFile.Text(files.AccountJwt(BrokerAccount.Fleet)), AccountFile.Text(files.AccountJwt(BrokerAccount.Provision)), File.ReadAllText(files.Trust).Trim());

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SharedStateJsonContext.Default.SharedState);

    /// <summary>Null when it cannot be read.</summary>
    public static SharedState? Read(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, SharedStateJsonContext.Default.SharedState) is { Fleet: not null, Provision: not null, Trust: not null } state ? state : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>
/// Carries revocations from one broker of a cluster to the others, by a document in the bucket of tokens: each joins it with what it has, and writes what it knows more. A
/// revocation reaches every server within some seconds, whichever pod was asked.
/// </summary>
internal sealed class SharedAccounts(ClusterSeat seat) : IBrokerPart
{
    internal const string Key = "broker/accounts";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public string Name => "shared accounts";

    public async Task RunAsync(SecureContext context, CancellationToken stop)
    {
        await using NatsConnection line = await context.ConnectAsync("provisioner-enrol", stop);
        INatsKVStore store = await NatsTokenBook.OpenStoreAsync(line, seat.Replicas, stop);
        while (true)
        {
            await LookAsync(store, context, stop);
            await Task.Delay(Interval, context.Time, stop);
        }
    }

    private static async Task LookAsync(INatsKVStore store, SecureContext context, CancellationToken stop)
    {
        BrokerFiles files = context.Keys.Files;
        NatsKVEntry<byte[]>? entry = await store.TryGetEntryAsync<byte[]>(Key, stop);
        SharedState? theirs = entry is { Operation: NatsKVOperation.Put, Value: { } value } ? SharedState.Read(value) : null;
        bool changed = false;
        SharedState ours;
        using (await ChangeLock.TakeAsync(files.ChangeLock, context.Time, stop))
        {
            if (theirs is not null && theirs != SharedState.Of(files))
            {
                var accounts = new AccountMerge(files, context.Time);
                changed |= accounts.Take(BrokerAccount.Fleet, theirs.Fleet, keysOfTheirs: false);
                changed |= accounts.Take(BrokerAccount.Provision, theirs.Provision, keysOfTheirs: false);
                changed |= new TrustMerge(files, context.Time).Take(theirs.Trust);
            }

            ours = SharedState.Of(files);
        }

        if (changed) await context.Reload.ReloadAsync("what another broker of the cluster changed", stop);
        if (ours == theirs) return;
        try
        {
            if (entry is not { Operation: NatsKVOperation.Put } there) await store.CreateAsync(Key, ours.ToBytes(), stop);
            else await store.UpdateAsync(Key, ours.ToBytes(), there.Revision, stop);
        }
        catch (Exception late) when (late is NatsKVWrongLastRevisionException or NatsKVCreateException)
        {
            // Somebody else was first: joined at the next look.
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = 4)]
[JsonSerializable(typeof(SharedState))]
internal sealed partial class SharedStateJsonContext : JsonSerializerContext;
