using System.Text.Json;
using System.Text.Json.Nodes;
using Scout.Broker.Streams;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Provisioning;

/// <summary>The bucket <c>SCOUT_TOKENS</c> in the account of the provisioner.</summary>
internal sealed class NatsTokenBook : ITokenBook
{
    private readonly INatsKVStore store;
    private readonly JetStreamApi api;

    private NatsTokenBook(INatsKVStore store, JetStreamApi api)
    {
        this.store = store;
        this.api = api;
    }

    /// <summary>Makes the bucket when it is not there.</summary>
    /// <exception cref="NatsException">It cannot.</exception>
    public static async Task<NatsTokenBook> OpenAsync(NatsConnection provision, TimeProvider time, CancellationToken stop)
    {
        var context = new NatsKVContext(new NatsJSContext(provision));
        INatsKVStore bucket = await context.CreateOrUpdateStoreAsync(
            new NatsKVConfig(RoleTemplates.TokenBucket) { Description = "Scout: enrolment tokens, and which key has which name", MaxBytes = 128L << 20, MaxValueSize = 256 << 10 }, stop);
        return new NatsTokenBook(bucket, new JetStreamApi(provision, time));
    }

    public async Task<BookEntry?> GetAsync(string key, CancellationToken stop) =>
        await store.TryGetEntryAsync<byte[]>(key, stop) is { Operation: NatsKVOperation.Put } entry ? new BookEntry(entry.Value ?? [], entry.Revision) : null;

    public async Task<bool> CreateAsync(string key, byte[] value, CancellationToken stop)
    {
        try
        {
            await store.CreateAsync(key, value, stop);
            return true;
        }
        catch (NatsKVCreateException)
        {
            return false;
        }
    }

    public async Task<bool> UpdateAsync(string key, byte[] value, ulong revision, CancellationToken stop)
    {
        try
        {
            await store.UpdateAsync(key, value, revision, stop);
            return true;
        }
        catch (NatsKVWrongLastRevisionException)
        {
            return false;
        }
    }

    public async Task<bool> DeleteAsync(string key, ulong revision, CancellationToken stop)
    {
        try
        {
            // A mark of some 100 bytes stays: to remove that takes a right that a provisioner does not have.
            await store.PurgeAsync(key, new NatsKVDeleteOpts { Revision = revision }, stop);
            return true;
        }
        catch (NatsKVWrongLastRevisionException)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<string>> KeysAsync(CancellationToken stop)
    {
        string prefix = $"$KV.{RoleTemplates.TokenBucket}.";
        try
        {
            JsonObject answer = await api.CallAsync("STREAM.INFO.KV_" + RoleTemplates.TokenBucket, new JsonObject { ["subjects_filter"] = prefix + ">" }, stop);
            if (JetStreamApi.Error(answer) is { } error) throw new ProvisioningException($"the bucket {RoleTemplates.TokenBucket} cannot be listed: {error.Description}");
            return answer["state"]?["subjects"] is JsonObject subjects ? [.. subjects.Select(one => one.Key[prefix.Length..]).Order(StringComparer.Ordinal)] : [];
        }
        catch (JsonException error)
        {
            throw new ProvisioningException($"the bucket {RoleTemplates.TokenBucket} cannot be listed: {error.Message}", error);
        }
    }
}
