using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>What messages cost in memory. Alone, because the counter is the process's.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationTests
{
    // In a debug build each call of an async method is an object: once for a publish that waits for room, once for every acknowledged one.
#if DEBUG
    private const long DebugBytesForWaiting = 180_000;
    private const long DebugBytesForAcknowledged = 200;
#else
    private const long DebugBytesForWaiting = 0;
    private const long DebugBytesForAcknowledged = 0;
#endif

    [Fact]
    public async Task A_publish_allocates_nothing()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        ReadOnlyMemory<byte> payload = new byte[128];
        await PublishAsync(nats, payload, 100_000);
        await nats.PingAsync();
        long each = await LeastAsync(nats, () => PublishAsync(nats, payload, 200_000));
        // Nothing for a message; the ping and the measuring itself may cost a few kilobytes.
        Assert.True(each < 20_000 + DebugBytesForWaiting, $"{each} bytes for 200,000 messages");
    }

    [Fact]
    public async Task An_encrypted_publish_allocates_nothing_either()
    {
        await using SecureServer server = await SecureServer.StartAsync();
        using NatsCreds creds = server.Creds("web1");
        await using NatsConnection nats = server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { Creds = creds }, CommandTimeout = TimeSpan.FromSeconds(30) });
        ReadOnlyMemory<byte> payload = new byte[128];
        await PublishAsync(nats, payload, 100_000, "e.web1.a");
        await nats.PingAsync();
        long each = await LeastAsync(nats, () => PublishAsync(nats, payload, 200_000, "e.web1.a"));
        // Nothing for a message; a write that the socket does not take at once makes an object in the class library.
        Assert.True(each < 100_000 + DebugBytesForWaiting, $"{each} bytes for 200,000 messages");
    }

    [Fact]
    public async Task An_idle_encrypted_connection_holds_less_than_48_KiB_too()
    {
        await using SecureServer server = await SecureServer.StartAsync();
        using NatsCreds creds = server.Creds("web1");
        const int count = 50;
        NatsConnection Make() => server.Connect(opts => opts with { AuthOpts = new NatsAuthOpts { Creds = creds } });
        await using NatsConnection warm = Make();
        await warm.ConnectAsync();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        List<NatsConnection> all = [.. Enumerable.Range(0, count).Select(_ => Make())];
        foreach (NatsConnection nats in all) await nats.ConnectAsync();
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        foreach (NatsConnection nats in all) await nats.DisposeAsync();
        Assert.True(each <= 48 * 1024, $"{each} bytes a connection");
    }

    [Fact]
    public async Task An_acknowledged_publish_allocates_at_most_512_bytes()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync();
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url, RequestTimeout = TimeSpan.FromSeconds(30) });
        var js = new NatsJSContext(nats);
        await js.CreateStreamAsync(new StreamConfig("E", ["e.*"]) { Storage = StreamConfigStorage.Memory });
        string[] ids = [.. Enumerable.Range(0, 12_000).Select(i => $"01a1fb93-4685-7a0f-95f5-{i:x12}")];
        ReadOnlyMemory<byte> payload = new byte[128];
        await PublishAckedAsync(js, payload, ids.AsMemory(0, 2000));
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await PublishAckedAsync(js, payload, ids.AsMemory(2000));
        long each = (GC.GetTotalAllocatedBytes(precise: true) - before) / 10_000;
        Assert.True(each <= 512 + DebugBytesForAcknowledged, $"{each} bytes a message");
    }

    [Fact]
    public async Task An_idle_connection_holds_less_than_48_KiB()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync(new NatsServerSettings { JetStream = false });
        const int count = 50;
        await using (NatsConnection warm = await OpenAsync(server)) await warm.PingAsync();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int threads = Environment.ProcessId > 0 ? System.Diagnostics.Process.GetCurrentProcess().Threads.Count : 0;
        List<NatsConnection> all = [];
        for (int i = 0; i < count; i++) all.Add(await OpenAsync(server));
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        int more = System.Diagnostics.Process.GetCurrentProcess().Threads.Count - threads;
        foreach (NatsConnection nats in all) await nats.DisposeAsync();
        Assert.True(each <= 48 * 1024, $"{each} bytes a connection");
        Assert.True(more < count / 2, $"{more} threads for {count} connections");
    }

    /// <summary>The least of five rounds: what a message costs is in each of them, what the socket or the runtime makes now and then is not.</summary>
    private static async Task<long> LeastAsync(NatsConnection nats, Func<Task> round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await round();
            await nats.PingAsync();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        return least;
    }

    private static async Task<NatsConnection> OpenAsync(NatsServerProcess server)
    {
        var nats = new NatsConnection(new NatsOpts { Url = server.Url });
        await nats.ConnectAsync();
        return nats;
    }

    private static async Task PublishAsync(NatsConnection nats, ReadOnlyMemory<byte> payload, int count, string subject = "bench.subject")
    {
        for (int i = 0; i < count; i++) await nats.PublishAsync(subject, payload);
    }

    private static async Task PublishAckedAsync(NatsJSContext js, ReadOnlyMemory<byte> payload, ReadOnlyMemory<string> ids)
    {
        // Each is awaited exactly once, which the rule cannot see; tasks instead would be counted.
#pragma warning disable CA2012
        var window = new ValueTask<PubAckResponse>[256];
        for (int i = 0; i < ids.Length + window.Length; i++)
        {
            int slot = i % window.Length;
            if (i >= window.Length && i - window.Length < ids.Length) (await window[slot]).EnsureSuccess();
            if (i < ids.Length) window[slot] = js.PublishAsync("e.a", payload, new NatsJSPubOpts { MsgId = ids.Span[i], ExpectedStream = "E" });
        }
#pragma warning restore CA2012
    }
}
