using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>What the statuses of a pull request do (specification section 7), from a fake server.</summary>
public sealed class PullStatusTests
{
    [Theory]
    [InlineData("404 No Messages")]
    [InlineData("408 Request Timeout")]
    [InlineData("409 Batch Completed")]
    [InlineData("409 Message Size Exceeds MaxBytes")]
    public async Task A_batch_ends_with(string status)
    {
        (List<string?> seen, int asked) = await FetchAsync(status);
        Assert.Equal((1, 1), (seen.Count, asked));
    }

    [Theory]
    [InlineData("409 Leadership Change")]
    [InlineData("409 Server Shutdown")]
    [InlineData("503")]
    public async Task The_request_is_made_again_after(string status)
    {
        (List<string?> seen, int asked) = await FetchAsync(status);
        Assert.Equal((2, 2), (seen.Count, asked));
    }

    [Theory]
    [InlineData("100 Idle Heartbeat")]
    public async Task The_reader_goes_on_after(string status)
    {
        (List<string?> seen, _) = await FetchAsync(status + "\r\n\r\n", "404 No Messages");
        Assert.Single(seen);
    }

    [Theory]
    [InlineData("409 Exceeded MaxWaiting")]
    [InlineData("409 Exceeded MaxRequestBatch of 10")]
    [InlineData("409 Consumer is push based")]
    [InlineData("409 Consumer Deleted")]
    [InlineData("400 Bad Request")]
    [InlineData("477 Something New")]
    public async Task The_reader_fails_with_the_text_of(string status)
    {
        NatsJSApiException error = await Assert.ThrowsAsync<NatsJSApiException>(() => FetchAsync(status));
        Assert.Equal(status, $"{error.Code} {error.Description}");
    }

    // The fake answers every pull request with one message and then the status.
    private static async Task<(List<string?> Seen, int Asked)> FetchAsync(params string[] statuses)
    {
        int asked = 0;
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = async line =>
            {
                string[] tokens = line.Split(' ');
                if (!line.StartsWith("PUB $JS.API.", StringComparison.Ordinal)) return;
                if (tokens[1].Contains("CONSUMER.INFO", StringComparison.Ordinal))
                {
                    const string json = "{\"type\":\"io.nats.jetstream.api.v1.consumer_info_response\",\"name\":\"C\",\"stream_name\":\"S\"}";
                    await connection.SendAsync($"MSG {tokens[2]} 1 {json.Length}\r\n{json}\r\n");
                    return;
                }

                asked++;
                await connection.SendAsync($"MSG s 2 $JS.ACK.S.C.1.{asked}.{asked}.1700000000000000000.0 1\r\nx\r\n");
                foreach (string status in statuses)
                {
                    string headers = $"NATS/1.0 {status.Trim()}\r\n\r\n";
                    await connection.SendAsync($"HMSG {tokens[2]} 2 {headers.Length} {headers.Length}\r\n{headers}\r\n");
                }
            };
            return Task.CompletedTask;
        });
        await using NatsConnection nats = HostileServerTests.Connect(server);
        var js = new NatsJSContext(nats, new NatsJSOpts { RetryWait = TimeSpan.FromMilliseconds(1) });
        INatsJSConsumer consumer = await js.GetConsumerAsync("S", "C");
        List<string?> seen = [];
        await foreach (NatsJSMsg<string> message in consumer.FetchAsync<string>(new NatsJSFetchOpts { MaxMsgs = 2, Expires = TimeSpan.FromSeconds(10) })) seen.Add(message.Data);
        return (seen, asked);
    }
}
