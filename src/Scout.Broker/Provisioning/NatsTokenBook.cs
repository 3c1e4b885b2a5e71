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
    /// <param name="provision">Logged in as role provisioner-enrol.</param>
    /// <param name="time">For waits.</param>
    /// <param name="stop">Stops it.</param>
    /// <param name="replicas">Copies in a cluster.</param>
    public static async Task<NatsTokenBook> OpenAsync(NatsConnection provision, TimeProvider time, CancellationToken stop, int replicas = 1) =>
        new(await OpenStoreAsync(provision, replicas, stop), new JetStreamApi(provision, time));

    /// <summary>The bucket itself.</summary>
    public static async Task<INatsKVStore> OpenStoreAsync(NatsConnection provision, int replicas, CancellationToken stop)
    {
        var context = new NatsKVContext(new NatsJSContext(provision));
        // The account may hold 256 MiB, all copies together.
        long size = replicas switch { 1 => 128L << 20, 3 => 64L << 20, _ => 48L << 20 };
        return await context.CreateOrUpdateStoreAsync(
            new NatsKVConfig(RoleTemplates.TokenBucket) { Description = "Scout: enrolment tokens, and which key has which name", MaxBytes = size, MaxValueSize = 256 << 10, NumberOfReplicas = replicas }, stop);
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
