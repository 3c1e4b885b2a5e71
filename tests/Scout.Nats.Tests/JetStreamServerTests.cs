using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>JetStream against a real server.</summary>
public sealed class JetStreamServerTests : IAsyncLifetime
{
    private NatsServerProcess server = null!;
    private NatsConnection nats = null!;
    private NatsJSContext js = null!;

    public async ValueTask InitializeAsync()
    {
        server = await NatsServerProcess.StartAsync();
        nats = new NatsConnection(new NatsOpts { Url = server.Url, RequestTimeout = TimeSpan.FromSeconds(10) });
        js = new NatsJSContext(nats, new NatsJSOpts { RetryWait = TimeSpan.FromMilliseconds(20) });
    }

    public async ValueTask DisposeAsync()
    {
        if (nats is not null) await nats.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
    }

    [Fact]
    public async Task A_publish_is_acknowledged_with_stream_and_sequence()
    {
        await CreateStreamAsync();
        PubAckResponse ack = await js.PublishAsync("e.a", "one", new NatsJSPubOpts { ExpectedStream = "E" });
        ack.EnsureSuccess();
        Assert.Equal(("E", 1ul, false), (ack.Stream, ack.Seq, ack.Duplicate));
    }

    [Fact]
    public async Task A_message_id_is_stored_once()
    {
        await CreateStreamAsync();
        var opts = new NatsJSPubOpts { MsgId = "id-1" };
        PubAckResponse first = await js.PublishAsync("e.a", "one", opts);
        PubAckResponse again = await js.PublishAsync("e.a", "one", opts);
        Assert.Equal(first.Seq, again.Seq);
        Assert.True(again.Duplicate);
    }

    [Fact]
    public async Task A_subject_no_stream_takes_is_an_error_after_the_retries()
    {
        NatsJSPublishNoResponseException error = await Assert.ThrowsAsync<NatsJSPublishNoResponseException>(async () =>
            await js.PublishAsync("nothing", "one", new NatsJSPubOpts { RetryAttempts = 1, RetryWaitBetweenAttempts = TimeSpan.FromMilliseconds(1) }));
        Assert.True(error.NoResponders);
    }

    [Fact]
    public async Task A_wrong_expected_stream_is_refused_for_good()
    {
        await CreateStreamAsync();
        PubAckResponse ack = await js.PublishAsync("e.a", "one", new NatsJSPubOpts { ExpectedStream = "OTHER" });
        Assert.Equal(NatsJSErrors.WrongExpectedStream, ack.Error!.ErrCode);
        Assert.True(NatsJSErrors.IsPermanent(ack.Error));
        Assert.Throws<NatsJSApiException>(ack.EnsureSuccess);
    }

    [Fact]
    public async Task Expected_sequences_and_ids_are_checked()
    {
        await CreateStreamAsync();
        await js.PublishAsync("e.a", "one", new NatsJSPubOpts { MsgId = "1" });
        Assert.Equal(NatsJSErrors.WrongLastMsgId, (await js.PublishAsync("e.a", "x", new NatsJSPubOpts { ExpectedLastMsgId = "2" })).Error!.ErrCode);
        Assert.Equal(NatsJSErrors.WrongLastSequence, (await js.PublishAsync("e.a", "x", new NatsJSPubOpts { ExpectedLastSequence = 7 })).Error!.ErrCode);
        Assert.Equal(NatsJSErrors.WrongLastSequence, (await js.PublishAsync("e.a", "x", new NatsJSPubOpts { ExpectedLastSubjectSequence = 0 })).Error!.ErrCode);
        Assert.Null((await js.PublishAsync("e.b", "x", new NatsJSPubOpts { ExpectedLastSubjectSequence = 0 })).Error);
    }

    [Fact]
    public async Task A_window_of_publishes_is_stored_in_order()
    {
        INatsJSStream stream = await CreateStreamAsync();
        var pending = new Queue<Task<PubAckResponse>>();
        for (int i = 0; i < 2000; i++)
        {
            if (pending.Count == 256) (await pending.Dequeue()).EnsureSuccess();
            pending.Enqueue(js.PublishAsync("e.a", $"{i}", new NatsJSPubOpts { MsgId = $"{i}", ExpectedStream = "E" }).AsTask());
        }

        while (pending.TryDequeue(out Task<PubAckResponse>? ack)) (await ack).EnsureSuccess();
        List<NatsJSStreamMsg<string>> all = await stream.ReadRangeAsync<string>().ToListAsync();
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"{i}"), all.Select(message => message.Data));
    }

    [Fact]
    public async Task Futures_of_acknowledgements_can_be_asked_later()
    {
        await CreateStreamAsync();
        List<NatsJSPublishConcurrentFuture> futures = [];
        for (int i = 0; i < 10; i++) futures.Add(await js.PublishConcurrentAsync("e.a", $"{i}"));
        for (int i = 0; i < 10; i++) Assert.Equal((ulong)i + 1, (await futures[i].GetResponseAsync()).Seq);
    }

    [Fact]
    public async Task A_stream_comes_back_as_it_was_asked_for_and_can_be_changed()
    {
        var config = new StreamConfig("E", ["e.*"])
        {
            MaxAge = TimeSpan.FromHours(168),
            MaxBytes = 10L << 30,
            MaxMsgSize = 64 * 1024,
            DuplicateWindow = TimeSpan.FromMinutes(10),
            DenyDelete = true,
            DenyPurge = true,
            AllowDirect = true,
        };
        INatsJSStream stream = await js.CreateStreamAsync(config);
        Assert.Equal(TimeSpan.FromHours(168), stream.Info.Config.MaxAge);
        Assert.Empty(ConfigDifference.Between(config, stream.Info));
        Assert.Empty(ConfigDifference.Between(config, (await js.CreateStreamAsync(config)).Info));
        stream = await js.UpdateStreamAsync(config with { MaxBytes = 1L << 30 });
        ConfigDifference difference = Assert.Single(ConfigDifference.Between(config, stream.Info));
        Assert.Equal("max_bytes", difference.Field);
        Assert.Equal(["E"], await js.ListStreamNamesAsync().ToListAsync());
        Assert.Equal(["E"], await js.ListStreamNamesAsync("e.x").ToListAsync());
        Assert.Equal("E", Assert.Single(await js.ListStreamsAsync().ToListAsync()).Info.Config.Name);
    }

    [Fact]
    public async Task A_stream_that_sources_another_comes_back_as_it_was_asked_for()
    {
        await CreateStreamAsync();
        INatsJSStream copy = await js.CreateStreamAsync(new StreamConfig
        {
            Name = "COPY",
            MaxMsgsPerSubject = 1,
            AllowDirect = true,
            Sources = [new StreamSource { Name = "E", FilterSubject = "e.b" }],
        });
        await js.PublishAsync("e.a", "no");
        await js.PublishAsync("e.b", "yes");
        await Until.TrueAsync("the message is copied", async () =>
        {
            await copy.RefreshAsync();
            return copy.Info.State.Messages == 1;
        });
        Assert.Equal("yes", (await copy.GetDirectAsync<string>(new StreamMsgGetRequest { LastBySubj = "e.b" })).Data);
        Assert.Equal(0ul, Assert.Single(copy.Info.Sources!).Lag);
    }

    [Fact]
    public async Task A_field_the_server_does_not_know_is_noticed()
    {
        Version version = Version.Parse((await ConnectedAsync()).ServerInfo!.Version.Split('-')[0]);
        if (version >= new Version(2, 10)) return;
        NatsJSConfigMismatchException error = await Assert.ThrowsAsync<NatsJSConfigMismatchException>(async () =>
            await js.CreateStreamAsync(new StreamConfig("E", ["e.*"]) { Compression = StreamConfigCompression.S2 }));
        Assert.Contains("compression: asked for \"s2\", got nothing", error.Message);
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_404()
    {
        NatsJSApiException error = await Assert.ThrowsAsync<NatsJSApiException>(async () => await js.GetStreamAsync("NOPE"));
        Assert.Equal((404, NatsJSErrors.StreamNotFound), (error.Code, error.ErrCode));
    }

    [Fact]
    public async Task Purging_and_deleting()
    {
        INatsJSStream stream = await CreateStreamAsync();
        for (int i = 0; i < 10; i++) await js.PublishAsync(i % 2 == 0 ? "e.a" : "e.b", $"{i}");
        Assert.Equal(5ul, (await stream.PurgeAsync(new StreamPurgeRequest { Filter = "e.a" })).Purged);
        Assert.Equal(4ul, (await js.PurgeStreamAsync("E", new StreamPurgeRequest { Keep = 1 })).Purged);
        Assert.True(await stream.DeleteAsync());
        Assert.Empty(await js.ListStreamNamesAsync().ToListAsync());
    }

    [Fact]
    public async Task Direct_get_by_sequence_by_last_and_by_next()
    {
        INatsJSStream stream = await CreateStreamAsync();
        await js.PublishAsync("e.a", "1", headers: new NatsHeaders { ["X"] = "y" });
        await js.PublishAsync("e.b", "2");
        await js.PublishAsync("e.a", "3");
        NatsMsg<string> first = await stream.GetDirectAsync<string>(new StreamMsgGetRequest { Seq = 1 });
        Assert.Equal(("e.a", "1", "y", "E"), (first.Subject, first.Data, (string?)first.Headers!["X"], (string?)first.Headers["Nats-Stream"]));
        Assert.Equal("3", (await stream.GetDirectAsync<string>(new StreamMsgGetRequest { LastBySubj = "e.a" })).Data);
        Assert.Equal("3", (await stream.GetDirectAsync<string>(new StreamMsgGetRequest { LastBySubj = "e.*" })).Data);
        Assert.Equal("2", (await stream.GetDirectAsync<string>(new StreamMsgGetRequest { Seq = 1, NextBySubj = "e.b" })).Data);
        Assert.Equal(404, (await Assert.ThrowsAsync<NatsJSApiException>(async () => await stream.GetDirectAsync<string>(new StreamMsgGetRequest { Seq = 9 }))).Code);
        Assert.Equal(404, (await Assert.ThrowsAsync<NatsJSApiException>(async () => await stream.GetDirectAsync<string>(new StreamMsgGetRequest { LastBySubj = "e.z" }))).Code);
        Assert.Equal(408, (await Assert.ThrowsAsync<NatsJSApiException>(async () => await stream.GetDirectAsync<string>(new StreamMsgGetRequest()))).Code);
    }

    [Fact]
    public async Task A_range_is_read_without_holes_and_in_order()
    {
        INatsJSStream stream = await CreateStreamAsync(maxPerSubject: 3);
        for (int i = 0; i < 300; i++) await js.PublishAsync(i % 3 == 0 ? "e.a" : $"e.n{i}", $"{i}");
        List<NatsJSStreamMsg<string>> all = await stream.ReadRangeAsync<string>().ToListAsync();
        Assert.Equal(203, all.Count);
        Assert.Equal(all.OrderBy(message => message.Sequence), all);
        Assert.Equal(203, all.Select(message => message.Sequence).Distinct().Count());
        List<NatsJSStreamMsg<string>> part = await stream.ReadRangeAsync<string>(new NatsJSReadRangeOpts { From = 100, To = 110 }).ToListAsync();
        Assert.Equal(all.Where(message => message.Sequence is >= 100 and <= 110), part, (a, b) => a.Sequence == b.Sequence && a.Data == b.Data);
    }

    [Fact]
    public async Task A_filtered_range_has_only_what_matches()
    {
        INatsJSStream stream = await CreateStreamAsync();
        var pending = new List<Task>();
        for (int i = 0; i < 3000; i++) pending.Add(js.PublishAsync(i % 5 == 0 ? "e.a" : i == 2999 ? "e.rare" : "e.b", $"{i}").AsTask());
        await Task.WhenAll(pending);
        Assert.Equal(
            Enumerable.Range(0, 600).Select(i => $"{i * 5}"),
            (await stream.ReadRangeAsync<string>(new NatsJSReadRangeOpts { Filter = "e.a" }).ToListAsync()).Select(message => message.Data));
        Assert.Equal("2999", Assert.Single(await stream.ReadRangeAsync<string>(new NatsJSReadRangeOpts { Filter = "e.rare" }).ToListAsync()).Data);
        Assert.Empty(await stream.ReadRangeAsync<string>(new NatsJSReadRangeOpts { Filter = "e.none" }).ToListAsync());
    }

    [Fact]
    public async Task A_range_from_a_time_begins_with_the_first_message_after_it()
    {
        INatsJSStream stream = await CreateStreamAsync();
        for (int i = 0; i < 100; i++) await js.PublishAsync("e.a", $"{i}");
        DateTimeOffset time = (await stream.ReadRangeAsync<string>(new NatsJSReadRangeOpts { From = 60, To = 60 }).ToListAsync())[0].Timestamp;
        Assert.Equal(60ul, (await stream.ReadRangeAsync<string>(new NatsJSReadRangeOpts { FromTime = time }).ToListAsync())[0].Sequence);
        Assert.Empty(await stream.ReadRangeAsync<string>(new NatsJSReadRangeOpts { FromTime = time.AddHours(1) }).ToListAsync());
    }

    [Fact]
    public async Task Following_a_range_sees_what_comes_later()
    {
        INatsJSStream stream = await CreateStreamAsync();
        await js.PublishAsync("e.a", "0");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        int next = 0;
        await foreach (NatsJSStreamMsg<string> message in stream.ReadRangeAsync<string>(
            new NatsJSReadRangeOpts { Follow = true, FollowInterval = TimeSpan.FromMilliseconds(5) }, stop.Token))
        {
            Assert.Equal($"{next++}", message.Data);
            if (next == 10) break;
            await js.PublishAsync("e.a", $"{next}");
        }

        Assert.Equal(10, next);
    }

    [Fact]
    public async Task Account_info_is_read()
    {
        await CreateStreamAsync();
        AccountInfoResponse info = await js.GetAccountInfoAsync();
        Assert.Equal(1, info.Streams);
    }

    private async Task<NatsConnection> ConnectedAsync()
    {
        await nats.ConnectAsync();
        return nats;
    }

    private ValueTask<INatsJSStream> CreateStreamAsync(long maxPerSubject = -1) => js.CreateStreamAsync(
        new StreamConfig("E", ["e.*"]) { AllowDirect = true, MaxMsgsPerSubject = maxPerSubject, Storage = StreamConfigStorage.Memory });
}
