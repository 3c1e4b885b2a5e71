using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>Pull and ordered consumers against a real server.</summary>
public sealed class ConsumerServerTests : IAsyncLifetime
{
    private NatsServerProcess server = null!;
    private FaultProxy proxy = null!;
    private NatsConnection nats = null!;
    private NatsJSContext js = null!;
    private INatsJSStream stream = null!;

    public async ValueTask InitializeAsync()
    {
        server = await NatsServerProcess.StartAsync();
        proxy = new FaultProxy(server.Port);
        nats = new NatsConnection(new NatsOpts
        {
            Url = proxy.Url,
            RequestTimeout = TimeSpan.FromSeconds(10),
            ReconnectSpread = TimeSpan.Zero,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(1),
            ReconnectWaitMax = TimeSpan.FromMilliseconds(20),
        });
        js = new NatsJSContext(nats, new NatsJSOpts { RetryWait = TimeSpan.FromMilliseconds(20) });
        stream = await js.CreateStreamAsync(new StreamConfig("E", ["e.*"]) { AllowDirect = true });
    }

    public async ValueTask DisposeAsync()
    {
        if (nats is not null) await nats.DisposeAsync();
        if (proxy is not null) await proxy.DisposeAsync();
        if (server is not null) await server.DisposeAsync();
    }

    [Fact]
    public async Task A_fetch_gives_a_batch_with_the_place_of_each_message()
    {
        await PublishAsync(0, 30);
        INatsJSConsumer consumer = await stream.CreateOrUpdateConsumerAsync(new ConsumerConfig("C"));
        List<NatsJSMsg<string>> batch = await consumer.FetchAsync<string>(new NatsJSFetchOpts { MaxMsgs = 10, Expires = TimeSpan.FromSeconds(5) }).ToListAsync();
        Assert.Equal(Numbers(0, 10), batch.Select(message => message.Data));
        NatsJSMsgMetadata place = batch[9].Metadata!.Value;
        Assert.Equal(("E", "C", 10ul, 10ul, 1ul, 20ul), (place.Stream, place.Consumer, place.Sequence.Stream, place.Sequence.Consumer, place.NumDelivered, place.NumPending));
        foreach (NatsJSMsg<string> message in batch) await message.AckAsync(new AckOpts { DoubleAck = message == batch[^1] });
        await consumer.RefreshAsync();
        Assert.Equal(10ul, consumer.Info.AckFloor.StreamSeq);
    }

    [Fact]
    public async Task A_fetch_of_more_than_there_is_ends_with_its_time()
    {
        await PublishAsync(0, 3);
        INatsJSConsumer consumer = await stream.CreateOrUpdateConsumerAsync(new ConsumerConfig("C"));
        Assert.Equal(3, (await consumer.FetchAsync<string>(new NatsJSFetchOpts { MaxMsgs = 10, Expires = TimeSpan.FromMilliseconds(250) }).ToListAsync()).Count);
        Assert.Empty(await consumer.FetchNoWaitAsync<string>(new NatsJSFetchOpts { MaxMsgs = 10 }).ToListAsync());
        await PublishAsync(3, 2);
        Assert.Equal(2, (await consumer.FetchNoWaitAsync<string>(new NatsJSFetchOpts { MaxMsgs = 10 }).ToListAsync()).Count);
        Assert.Null(await consumer.NextAsync<string>(new NatsJSNextOpts { Expires = TimeSpan.FromMilliseconds(50) }));
    }

    [Fact]
    public async Task What_is_not_acknowledged_comes_again()
    {
        await PublishAsync(0, 1);
        INatsJSConsumer consumer = await stream.CreateOrUpdateConsumerAsync(new ConsumerConfig("C") { AckWait = TimeSpan.FromSeconds(30) });
        NatsJSMsg<string> first = (await consumer.NextAsync<string>())!.Value;
        await first.AckProgressAsync();
        await first.NakAsync();
        NatsJSMsg<string> second = (await consumer.NextAsync<string>())!.Value;
        Assert.Equal(2ul, second.Metadata!.Value.NumDelivered);
        await second.NakAsync(delay: TimeSpan.FromMilliseconds(50));
        NatsJSMsg<string> third = (await consumer.NextAsync<string>(new NatsJSNextOpts { Expires = TimeSpan.FromSeconds(5) }))!.Value;
        Assert.Equal(3ul, third.Metadata!.Value.NumDelivered);
        await third.AckTerminateAsync();
        Assert.Empty(await consumer.FetchNoWaitAsync<string>(new NatsJSFetchOpts()).ToListAsync());
    }

    [Fact]
    public async Task Consuming_goes_on_through_cuts()
    {
        INatsJSConsumer consumer = await stream.CreateOrUpdateConsumerAsync(new ConsumerConfig("C") { AckPolicy = ConsumerConfigAckPolicy.Explicit, AckWait = TimeSpan.FromMilliseconds(300) });
        await PublishAsync(0, 500);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var seen = new HashSet<string>();
        await foreach (NatsJSMsg<string> message in consumer.ConsumeAsync<string>(new NatsJSConsumeOpts { MaxMsgs = 50 }, stop.Token))
        {
            try
            {
                await message.AckAsync(cancellationToken: stop.Token);
            }
            catch (NatsException)
            {
                continue;
            }

            if (seen.Add(message.Data!) && seen.Count % 100 == 50) proxy.Cut();
            if (seen.Count == 500) break;
        }

        Assert.Equal(500, seen.Count);
    }

    [Fact]
    public async Task A_deleted_consumer_ends_the_reader_with_the_servers_text()
    {
        INatsJSConsumer consumer = await stream.CreateOrUpdateConsumerAsync(new ConsumerConfig("C"));
        Task<List<NatsJSMsg<string>>> reading = consumer.ConsumeAsync<string>().ToListAsync().AsTask();
        await Until.TrueAsync("a request waits", async () =>
        {
            await consumer.RefreshAsync();
            return consumer.Info.NumWaiting > 0;
        });
        Assert.True(await stream.DeleteConsumerAsync("C"));
        Assert.Contains("Consumer Deleted", (await Assert.ThrowsAsync<NatsJSApiException>(() => reading)).Message);
        Assert.Equal(404, (await Assert.ThrowsAsync<NatsJSApiException>(async () => await stream.GetConsumerAsync("C"))).Code);
    }

    [Fact]
    public async Task A_filtered_consumer_sees_its_subject_only()
    {
        await js.PublishAsync("e.a", "1");
        await js.PublishAsync("e.b", "2");
        INatsJSConsumer consumer = await js.CreateOrUpdateConsumerAsync("E", new ConsumerConfig { FilterSubject = "e.b", DeliverPolicy = ConsumerConfigDeliverPolicy.All });
        Assert.Equal("2", (await consumer.NextAsync<string>())!.Value.Data);
        Assert.Equal("e.b", consumer.Info.Config.FilterSubject);
    }

    [Fact]
    public async Task An_ordered_reader_sees_each_message_once_and_in_order_whatever_happens()
    {
        await PublishAsync(0, 2000);
        await stream.PurgeAsync(new StreamPurgeRequest { Seq = 101 });
        INatsJSConsumer consumer = await stream.CreateOrderedConsumerAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        List<string?> seen = [];
        await foreach (NatsJSMsg<string> message in consumer.ConsumeAsync<string>(new NatsJSConsumeOpts { MaxMsgs = 100, Expires = TimeSpan.FromSeconds(2) }, stop.Token))
        {
            seen.Add(message.Data);
            if (seen.Count is 300 or 900) proxy.Cut();
            if (seen.Count is 600 or 1200) await stream.DeleteConsumerAsync(consumer.Info.Name, stop.Token);
            if (seen.Count == 1500) await server.RestartAsync(stop.Token);
            if (seen.Count == 1900) break;
        }

        Assert.Equal(Numbers(100, 1900), seen);
    }

    [Fact]
    public async Task An_ordered_reader_begins_where_it_is_told_and_leaves_nothing_behind()
    {
        await PublishAsync(0, 20);
        INatsJSConsumer late = await stream.CreateOrderedConsumerAsync(new NatsJSOrderedConsumerOpts { DeliverPolicy = ConsumerConfigDeliverPolicy.ByStartSequence, OptStartSeq = 15 });
        Assert.Equal(Numbers(14, 6), (await late.FetchAsync<string>(new NatsJSFetchOpts { MaxMsgs = 6 }).ToListAsync()).Select(message => message.Data));
        INatsJSConsumer last = await stream.CreateOrderedConsumerAsync(new NatsJSOrderedConsumerOpts { DeliverPolicy = ConsumerConfigDeliverPolicy.LastPerSubject, FilterSubjects = ["e.*"] });
        Assert.Equal("19", (await last.NextAsync<string>())!.Value.Data);
        await Until.TrueAsync("both are gone", async () =>
        {
            await stream.RefreshAsync();
            return stream.Info.State.ConsumerCount == 0;
        });
    }

    [Fact]
    public async Task A_watcher_of_a_bucket_goes_on_after_the_server_was_killed()
    {
        INatsKVStore store = await new NatsKVContext(js).CreateStoreAsync("B");
        await store.PutAsync("a", "1");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using IAsyncEnumerator<NatsKVEntry<string>> watch = store.WatchAsync<string>(cancellationToken: stop.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        ValueTask<bool> next = watch.MoveNextAsync();
        await server.RestartAsync(stop.Token);
        await Until.TrueAsync("the bucket takes writes again", async () =>
        {
            try
            {
                await store.PutAsync("b", "2", stop.Token);
                return true;
            }
            catch (NatsException)
            {
                return false;
            }
        });
        Assert.True(await next);
        Assert.Equal("b", watch.Current.Key);
    }

    [Theory]
    [InlineData("$JS.ACK.S.C.1.22.3.1700000000000000000.4", "S", "C", "", 22ul)]
    [InlineData("$JS.ACK._.hash.S.C.1.22.3.1700000000000000000.4", "S", "C", "", 22ul)]
    [InlineData("$JS.ACK.hub.hash.S.C.1.22.3.1700000000000000000.4.random.more", "S", "C", "hub", 22ul)]
    public void Both_forms_of_reply_subjects_are_read(string replyTo, string inStream, string consumer, string domain, ulong sequence)
    {
        Assert.True(NatsJSMsgMetadata.TryParse(replyTo, out NatsJSMsgMetadata metadata));
        Assert.Equal((inStream, consumer, domain, sequence, 3ul, 4ul), (metadata.Stream, metadata.Consumer, metadata.Domain, metadata.Sequence.Stream, metadata.Sequence.Consumer, metadata.NumPending));
        Assert.Equal(2023, metadata.Timestamp.Year);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("$JS.ACK.S.C.1.2.3.4")]
    [InlineData("$JS.ACK.S.C.1.2.3.4.5.6")]
    [InlineData("$JS.ACK.S.C.x.2.3.4.5")]
    [InlineData("$JS.ACK.S.C.1.-2.3.4.5")]
    [InlineData("$JS.ACK.S.C.1.2.3.99999999999999999999.5")]
    [InlineData("_INBOX.S.C.1.2.3.4.5.6")]
    public void Other_reply_subjects_are_not(string? replyTo) => Assert.False(NatsJSMsgMetadata.TryParse(replyTo, out _));

    private static IEnumerable<string> Numbers(int from, int count) => Enumerable.Range(from, count).Select(i => $"{i}");

    private async Task PublishAsync(int from, int count)
    {
        foreach (ValueTask<PubAckResponse> ack in Enumerable.Range(from, count).Select(i => js.PublishAsync("e.a", $"{i}"))) (await ack).EnsureSuccess();
    }
}
