using System.Globalization;
using System.Text;
using Scout.Nats;
using Scout.Testing;

namespace Scout.Benchmarks.Nats;

/// <summary>The NATS client against a bare socket, with the same server in the same minutes (specification of the wire, section 15).</summary>
internal static class NatsBenchmark
{
    private const int Size = 128;
    private const int Window = 256;
    private static readonly byte[] Payload = Enumerable.Repeat((byte)'x', Size).ToArray();
    private static readonly string PayloadText = new('x', Size);

    public static async Task<int> RunAsync(string[] options)
    {
        if (NatsServerProcess.Missing is { } missing)
        {
            Console.WriteLine($"skipped: {missing}");
            return 77;
        }

        bool quick = options.Contains("--quick");
        int rounds = quick ? 2 : 5;
        int scale = quick ? 10 : 1;
        await using NatsServerProcess server = await NatsServerProcess.StartAsync();
        await using var nats = new NatsConnection(new NatsOpts { Url = server.Url, RequestTimeout = TimeSpan.FromSeconds(30), CommandTimeout = TimeSpan.FromSeconds(30) });
        await nats.ConnectAsync();
        Console.WriteLine($"nats-server {nats.ServerInfo!.Version}, {rounds} rounds of raw, ours, ours, raw");

        long idle = await IdleAsync(server);
        Row publish = await PublishAsync(server, nats, rounds, 500_000 / scale);
        Row acked = await AckedAsync(server, nats, rounds, 50_000 / scale);
        Row receive = await ReceiveAsync(server, nats, rounds, 300_000 / scale);
        Row request = await RequestAsync(server, nats, rounds, 5_000 / scale);
        Row range = await RangeAsync(server, nats, rounds, 50_000 / scale);

        (string Name, bool Ok)[] gates =
        [
            Tell(publish, publish.Ratio >= 0.6 && publish.Ours.OwnCpu <= 6 * publish.Raw.OwnCpu && publish.Ours.Allocated < 0.5, "rate ≥ 0.6, CPU ≤ 6 × raw, 0 B"),
            Tell(acked, acked.Ratio >= 0.8 && acked.Ours.Allocated <= 512, "rate ≥ 0.8, ≤ 512 B"),
            Tell(receive, receive.Ratio >= 0.5, "rate ≥ 0.5"),
            Tell(request, request.Ratio >= 1 / 1.5, "median ≤ 1.5 × raw (ratio ≥ 0.67)"),
            Tell(range, range.Ratio >= 0.6, "rate ≥ 0.6"),
        ];
        Console.WriteLine($"idle connection: {idle} B managed (≤ 49152)");
        bool ok = gates.All(gate => gate.Ok) && idle <= 48 * 1024;
        IEnumerable<string> rows = new[] { publish, acked, receive, request, range }.Select(row =>
            $"\"{row.Name}\":{{\"ratio\":{Text(row.Ratio)},\"raw\":{Text(row.Raw.Rate)},\"ours\":{Text(row.Ours.Rate)},\"allocated\":{Text(row.Ours.Allocated)},\"spread\":{Text(row.Spread)}}}");
        Console.WriteLine($"{{\"benchmark\":\"nats\",\"ok\":{(ok ? "true" : "false")},\"idle_bytes\":{idle},{string.Join(',', rows)}}}");
        return ok ? 0 : 1;
    }

    private static (string Name, bool Ok) Tell(Row row, bool ok, string gate)
    {
        // A ratio to something that does not stand still is not judged; the figures are shown all the same.
        bool judged = row.Spread <= Measure.MaxSpread;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Name,-22} raw {row.Raw.Rate,10:N0}/s  ours {row.Ours.Rate,10:N0}/s  ratio {row.Ratio:0.00}  own CPU µs {row.Raw.OwnCpu:0.00} {row.Ours.OwnCpu:0.00}  server CPU µs {row.Raw.ServerCpu:0.00} {row.Ours.ServerCpu:0.00}  allocated {row.Ours.Allocated:0.0} B  raw spread {row.Spread:P0}  [{gate}] {(ok ? "ok" : judged ? "MISSED" : "not judged: raw varied too much")}"));
        return (row.Name, ok || !judged);
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static async Task<Row> PublishAsync(NatsServerProcess server, NatsConnection nats, int rounds, int count)
    {
        byte[] frames = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"PUB bench.subject.one {Size}\r\n{PayloadText}\r\n", count)));
        using var raw = new RawNats(server.Port);
        ReadOnlyMemory<byte> payload = Payload;
        return await Measure.CompareAsync(
            "publish 128 B", rounds,
            () => Measure.RunAsync(server.ProcessId, count, () =>
            {
                raw.Send(frames);
                raw.Ping();
                return Task.CompletedTask;
            }),
            () => Measure.RunAsync(server.ProcessId, count, async () =>
            {
                for (int i = 0; i < count; i++) await nats.PublishAsync("bench.subject.one", payload);
                await nats.PingAsync();
            }));
    }

    private static async Task<Row> AckedAsync(NatsServerProcess server, NatsConnection nats, int rounds, int count)
    {
        var js = new NatsJSContext(nats);
        await js.CreateStreamAsync(new StreamConfig("ACKED", ["acked.*"]) { MaxBytes = 200_000_000, DuplicateWindow = TimeSpan.FromMinutes(2) });
        using var raw = new RawNats(server.Port);
        raw.Send("SUB _INBOX.raw 1\r\n");
        int run = 0;
        return await Measure.CompareAsync(
            "acked publish", rounds,
            () =>
            {
                var frames = new StringBuilder();
                int number = run++;
                int length = 0;
                for (int i = 0; i < count; i++)
                {
                    string headers = $"NATS/1.0\r\nNats-Msg-Id: {Id(number, i)}\r\nNats-Expected-Stream: ACKED\r\n\r\n";
                    frames.Append(CultureInfo.InvariantCulture, $"HPUB acked.one _INBOX.raw {headers.Length} {headers.Length + Size}\r\n{headers}{PayloadText}\r\n");
                    if (i == 0) length = frames.Length;
                }

                byte[] bytes = Encoding.ASCII.GetBytes(frames.ToString());
                return Measure.RunAsync(server.ProcessId, count, () =>
                {
                    raw.SendWindowed(bytes, length, Window, (byte)'{');
                    return Task.CompletedTask;
                });
            },
            () =>
            {
                int number = run++;
                string[] ids = [.. Enumerable.Range(0, count).Select(i => Id(number, i))];
                return Measure.RunAsync(server.ProcessId, count, () => PublishWindowedAsync(js, ids));
            });
    }

    private static async Task PublishWindowedAsync(NatsJSContext js, string[] ids)
    {
        ReadOnlyMemory<byte> payload = Payload;
        // Each is awaited exactly once.
#pragma warning disable CA2012
        var window = new ValueTask<PubAckResponse>[Window];
        for (int i = 0; i < ids.Length + Window; i++)
        {
            int slot = i % Window;
            if (i >= Window && i - Window < ids.Length) (await window[slot]).EnsureSuccess();
            if (i < ids.Length) window[slot] = js.PublishAsync("acked.one", payload, new NatsJSPubOpts { MsgId = ids[i], ExpectedStream = "ACKED" });
        }
#pragma warning restore CA2012
    }

    private static async Task<Row> ReceiveAsync(NatsServerProcess server, NatsConnection nats, int rounds, int count)
    {
        byte[] frames = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat($"PUB receive.one {Size}\r\n{PayloadText}\r\n", count)));
        using var publisher = new RawNats(server.Port);
        using var raw = new RawNats(server.Port);
        int sid = 10;
        return await Measure.CompareAsync(
            "receive 128 B", rounds,
            async () =>
            {
                string end = $"UNSUB {++sid} {count}\r\n";
                raw.Send($"SUB receive.one {sid}\r\n{end}");
                raw.Ping();
                long bytes = (long)count * ($"MSG receive.one {sid} {Size}\r\n".Length + Size + 2);
                return await Measure.RunAsync(server.ProcessId, count, async () =>
                {
                    Task sending = Task.Run(() => publisher.Send(frames));
                    raw.Read(bytes);
                    await sending;
                });
            },
            async () =>
            {
                await using INatsSub<ReadOnlyMemory<byte>> sub = await nats.SubscribeCoreAsync<ReadOnlyMemory<byte>>(
                    "receive.one", opts: new NatsSubOpts { MaxMsgs = count, ChannelCapacity = count });
                await nats.PingAsync();
                return await Measure.RunAsync(server.ProcessId, count, async () =>
                {
                    Task sending = Task.Run(() => publisher.Send(frames));
                    int left = count;
                    while (left > 0 && await sub.Msgs.WaitToReadAsync())
                    {
                        while (sub.Msgs.TryRead(out NatsMsg<ReadOnlyMemory<byte>> message)) left -= message.Data.Length == Size ? 1 : 0;
                    }

                    await sending;
                    if (left > 0) throw new InvalidOperationException($"{left} messages are missing");
                });
            });
    }

    private static async Task<Row> RequestAsync(NatsServerProcess server, NatsConnection nats, int rounds, int count)
    {
        using var responder = new RawNats(server.Port);
        responder.Respond("ask.one");
        using var raw = new RawNats(server.Port);
        raw.Send("SUB _INBOX.ask 1\r\n");
        byte[] frame = Encoding.ASCII.GetBytes($"PUB ask.one _INBOX.ask {Size}\r\n{PayloadText}\r\n");
        ReadOnlyMemory<byte> payload = Payload;
        double[] times = new double[count];
        // The rate of a row is the inverse of the median round trip.
        return await Measure.CompareAsync(
            "request–reply", rounds,
            async () =>
            {
                Run run = await Measure.RunAsync(server.ProcessId, count, () =>
                {
                    for (int i = 0; i < count; i++)
                    {
                        long start = TimeProvider.System.GetTimestamp();
                        raw.Send(frame);
                        while (raw.ReadAndCount((byte)'x') == 0)
                        {
                            // The answer is one x.
                        }

                        times[i] = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
                    }

                    return Task.CompletedTask;
                });
                return run with { Rate = 1 / Measuring.Quantiles.Median(times) };
            },
            async () =>
            {
                Run run = await Measure.RunAsync(server.ProcessId, count, async () =>
                {
                    for (int i = 0; i < count; i++)
                    {
                        long start = TimeProvider.System.GetTimestamp();
                        await nats.RequestAsync<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>("ask.one", payload);
                        times[i] = TimeProvider.System.GetElapsedTime(start).TotalSeconds;
                    }
                });
                return run with { Rate = 1 / Measuring.Quantiles.Median(times) };
            });
    }

    private static async Task<Row> RangeAsync(NatsServerProcess server, NatsConnection nats, int rounds, int count)
    {
        var js = new NatsJSContext(nats);
        INatsJSStream stream = await js.CreateStreamAsync(new StreamConfig("RANGE", ["range.*"]) { AllowDirect = true });
        for (int i = 0; i < count; i++) await nats.PublishAsync("range.one", (ReadOnlyMemory<byte>)Payload);
        await nats.PingAsync();
        await Until.TrueAsync("all are stored", async () =>
        {
            await stream.RefreshAsync();
            return stream.Info.State.Messages == count;
        });

        using var raw = new RawNats(server.Port);
        raw.Send("SUB _INBOX.range 1\r\n");
        // Every frame has the same length; an answer has one H, that of HMSG.
        string[] gets = [.. Enumerable.Range(1, count).Select(i => $"PUB $JS.API.DIRECT.GET.RANGE _INBOX.range 19\r\n{{\"seq\":{new string(' ', 11 - $"{i}".Length)}{i}}}\r\n")];
        byte[] frames = Encoding.ASCII.GetBytes(string.Concat(gets));
        return await Measure.CompareAsync(
            "ReadRangeAsync", rounds,
            () => Measure.RunAsync(server.ProcessId, count, () =>
            {
                raw.SendWindowed(frames, gets[0].Length, 64, (byte)'H');
                return Task.CompletedTask;
            }),
            () => Measure.RunAsync(server.ProcessId, count, async () =>
            {
                int seen = 0;
                await foreach (NatsJSStreamMsg<ReadOnlyMemory<byte>> message in stream.ReadRangeAsync<ReadOnlyMemory<byte>>()) seen += message.Data.Length == Size ? 1 : 0;
                if (seen != count) throw new InvalidOperationException($"{seen} of {count} messages were read");
            }));
    }

    private static async Task<long> IdleAsync(NatsServerProcess server)
    {
        const int count = 100;
        await using (var warm = new NatsConnection(new NatsOpts { Url = server.Url })) await warm.ConnectAsync();
        List<NatsConnection> all = [];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < count; i++)
        {
            var nats = new NatsConnection(new NatsOpts { Url = server.Url });
            await nats.ConnectAsync();
            all.Add(nats);
        }

        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        foreach (NatsConnection nats in all) await nats.DisposeAsync();
        return each;
    }

    private static string Id(int run, int number) => $"{run:d4}-4685-7a0f-95f5-{number:d12}";
}
