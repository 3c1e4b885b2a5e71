using Scout.Nats.Protocol;
using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Nats.Tests;

/// <summary>Every line of the table of errors (specification section 6), from a fake server.</summary>
public sealed class ServerErrorTests
{
    [Theory]
    [InlineData("Permissions Violation for Publish to \"a.b\"", ServerErrorKind.PublishDenied, "a.b")]
    [InlineData("permissions violation for publish with reply of \"r\"", ServerErrorKind.PublishDenied, "r")]
    [InlineData("Permissions Violation for Subscription to \"a.>\"", ServerErrorKind.SubscribeDenied, "a.>")]
    [InlineData("Permissions Violation for Subscription to \"a\" using queue \"q\"", ServerErrorKind.SubscribeDenied, "a")]
    [InlineData("Invalid Subject", ServerErrorKind.InvalidSubject, null)]
    [InlineData("Invalid Publish Subject", ServerErrorKind.InvalidSubject, null)]
    [InlineData("maximum subscriptions exceeded", ServerErrorKind.InvalidSubject, null)]
    [InlineData("Authorization Violation", ServerErrorKind.Refused, null)]
    [InlineData("User Authentication Expired", ServerErrorKind.Refused, null)]
    [InlineData("User Authentication Revoked", ServerErrorKind.Refused, null)]
    [InlineData("Account Authentication Expired", ServerErrorKind.Refused, null)]
    [InlineData("Failed Account Registration", ServerErrorKind.Refused, null)]
    [InlineData("Authentication Timeout", ServerErrorKind.Closes, null)]
    [InlineData("maximum connections exceeded", ServerErrorKind.Closes, null)]
    [InlineData("maximum account active connections exceeded", ServerErrorKind.Closes, null)]
    [InlineData("STALE CONNECTION", ServerErrorKind.Closes, null)]
    [InlineData("Slow Consumer", ServerErrorKind.Closes, null)]
    [InlineData("Secure Connection - TLS Required", ServerErrorKind.Closes, null)]
    [InlineData("Maximum Payload Violation", ServerErrorKind.OurFault, null)]
    [InlineData("maximum control line exceeded", ServerErrorKind.OurFault, null)]
    [InlineData("Unknown Protocol Operation", ServerErrorKind.OurFault, null)]
    [InlineData("something new", ServerErrorKind.Unknown, null)]
    public void A_text_means(string text, object kind, string? subject)
    {
        Assert.Equal((ServerErrorKind)kind, ServerErrors.Classify(text));
        Assert.Equal(subject, ServerErrors.Subject(text));
    }

    [Fact]
    public async Task A_denied_publish_fails_the_request_that_waits_for_it_at_once()
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = line => line.Contains("PUB ", StringComparison.Ordinal)
                ? connection.SendAsync($"-ERR 'Permissions Violation for Publish to \"{line.Split(' ')[1]}\"'\r\n") : Task.CompletedTask;
            return Task.CompletedTask;
        });
        await using NatsConnection nats = HostileServerTests.Connect(server, opts => opts with { RequestTimeout = TimeSpan.FromMinutes(5) });
        var told = new TaskCompletionSource<NatsServerErrorEventArgs>();
        nats.ServerError += (_, args) =>
        {
            told.TrySetResult(args);
            return ValueTask.CompletedTask;
        };
        await Assert.ThrowsAsync<NatsServerException>(async () => await nats.RequestAsync<string, string>("no.entry", "?"));
        await Assert.ThrowsAsync<NatsServerException>(async () => await new NatsJSContext(nats).PublishAsync("no.entry", "?"));
        Assert.Equal("no.entry", (await told.Task).Subject);
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
    }

    [Fact]
    public async Task A_denied_reply_subject_fails_its_request()
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = line => line.StartsWith("PUB ", StringComparison.Ordinal)
                ? connection.SendAsync($"-ERR 'Permissions Violation for Publish with Reply of \"{line.Split(' ')[2]}\"'\r\n") : Task.CompletedTask;
            return Task.CompletedTask;
        });
        await using NatsConnection nats = HostileServerTests.Connect(server, opts => opts with { RequestTimeout = TimeSpan.FromMinutes(5) });
        await Assert.ThrowsAsync<NatsServerException>(async () => await nats.RequestAsync<string, string>("ask", "?"));
    }

    [Fact]
    public async Task A_denied_subscription_ends_with_the_error_and_is_not_asked_for_again()
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection =>
        {
            connection.OnLine = line => line.StartsWith("SUB no.entry", StringComparison.Ordinal)
                ? connection.SendAsync("-ERR 'Permissions Violation for Subscription to \"no.entry\"'\r\n") : Task.CompletedTask;
            return Task.CompletedTask;
        });
        await using NatsConnection nats = HostileServerTests.Connect(server);
        await Assert.ThrowsAsync<NatsServerException>(async () => await nats.SubscribeAsync<string>("no.entry").ToListAsync());
        server.Connections[0].Close();
        await Until.TrueAsync("the line is back", () => nats.Stats.Reconnects == 1);
        await nats.PingAsync();
        Assert.DoesNotContain(server.Connections[1].Lines, line => line.StartsWith("SUB no.entry", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Authorization Violation")]
    [InlineData("User Authentication Expired")]
    public async Task Refused_credentials_are_a_state_and_no_reason_to_give_up(string error)
    {
        int attempts = 0;
        await using var server = new FakeNatsServer(async connection =>
        {
            if (Interlocked.Increment(ref attempts) is > 1 and < 5)
            {
                await connection.SendAsync(FakeConnection.Info);
                await connection.ReadLineAsync();
                await connection.SendAsync($"-ERR '{error}'\r\n");
                return;
            }

            await connection.HandshakeAsync();
            if (attempts == 1) await connection.SendAsync($"-ERR '{error}'\r\n");
            await connection.ServeAsync();
        });
        await using NatsConnection nats = HostileServerTests.Connect(server, opts => opts with { RetryOnInitialConnect = true });
        var states = new List<NatsConnectionState>();
        nats.ReconnectFailed += (_, _) =>
        {
            states.Add(nats.ConnectionState);
            return ValueTask.CompletedTask;
        };
        await nats.ConnectAsync();
        await Until.TrueAsync("it is let in again", () => attempts >= 5 && nats.ConnectionState == NatsConnectionState.Open);
        Assert.NotEmpty(states);
    }

    [Fact]
    public async Task A_refusal_while_the_server_reads_its_configuration_is_tried_again_quietly_and_one_that_lasts_is_told()
    {
        int refusals = 2;
        int attempts = 0;
        await using var server = new FakeNatsServer(async connection =>
        {
            if (Interlocked.Increment(ref attempts) <= refusals)
            {
                await connection.SendAsync(FakeConnection.Info);
                await connection.ReadLineAsync();
                await connection.SendAsync("-ERR 'Authorization Violation'\r\n");
                return;
            }

            await connection.HandshakeAsync();
            await connection.ServeAsync();
        });
        await using (NatsConnection nats = HostileServerTests.Connect(server, opts => opts with { RefusedPatience = TimeSpan.FromMinutes(5) }))
        {
            int told = 0;
            nats.ReconnectFailed += (_, _) =>
            {
                told++;
                return ValueTask.CompletedTask;
            };
            await nats.ConnectAsync();
            Assert.Equal((3, NatsConnectionState.Open, 0), (attempts, nats.ConnectionState, told));
        }

        refusals = int.MaxValue;
        await using NatsConnection refused = HostileServerTests.Connect(server, opts => opts with { RefusedPatience = TimeSpan.FromMilliseconds(1) });
        NatsServerException error = await Assert.ThrowsAsync<NatsServerException>(async () => await refused.ConnectAsync());
        Assert.True(error.IsAuthError);
    }

    [Fact]
    public async Task The_state_says_since_when_and_why()
    {
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(FakeConnection.Info + "-ERR 'Authorization Violation'\r\n");
            await connection.ServeAsync();
        });
        var time = new ManualTime();
        await using NatsConnection nats = HostileServerTests.Connect(server, opts => opts with
        {
            RetryOnInitialConnect = true,
            TimeProvider = time,
            ReconnectWaitMin = TimeSpan.FromMinutes(10),
        });
        await nats.ConnectAsync();
        Assert.Equal(NatsConnectionState.Refused, nats.Status.State);
        Assert.Contains("Authorization Violation", nats.Status.Reason);
        Assert.Equal(time.GetUtcNow(), nats.Status.Since);
    }

    [Theory]
    [InlineData("Stale Connection")]
    [InlineData("Slow Consumer")]
    [InlineData("Maximum Payload Violation")]
    public async Task A_closing_error_ends_the_line_and_is_told(string error)
    {
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(connection => connection.SendAsync($"-ERR '{error}'\r\n"));
        await using NatsConnection nats = HostileServerTests.Connect(server);
        var told = new TaskCompletionSource<NatsServerErrorEventArgs>();
        nats.ServerError += (_, args) =>
        {
            told.TrySetResult(args);
            return ValueTask.CompletedTask;
        };
        await nats.ConnectAsync();
        Assert.Contains(error, (await told.Task.WaitAsync(TimeSpan.FromSeconds(10))).Error);
        await Until.TrueAsync("the line is back", () => nats.Stats.Reconnects == 1);
    }

    [Fact]
    public async Task Without_a_line_a_publish_waits_for_its_time_and_throws()
    {
        var time = new ManualTime();
        await using NatsConnection nats = new(new NatsOpts
        {
            Url = "nats://127.0.0.1:1",
            TimeProvider = time,
            RetryOnInitialConnect = true,
            ReconnectWaitMin = TimeSpan.FromHours(1),
            ReconnectWaitMax = TimeSpan.FromHours(1),
        });
        await nats.ConnectAsync();
        Task publish = nats.PublishAsync("a", "x").AsTask();
        Assert.False(publish.IsCompleted);
        await HostileServerTests.AdvanceUntilAsync(time, TimeSpan.FromSeconds(1), () => publish.IsCompleted);
        Assert.Contains("No line to the server for 5 s", (await Assert.ThrowsAsync<NatsConnectionFailedException>(() => publish)).Message);
    }

    [Fact]
    public async Task A_server_that_takes_nothing_fails_publishers_in_time_and_answers_of_ours_are_still_sent()
    {
        var time = new ManualTime();
        var block = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FakeNatsServer server = FakeNatsServer.AfterHandshake(_ => block.Task);
        await using NatsConnection nats = HostileServerTests.Connect(server, opts => opts with { TimeProvider = time });
        await nats.ConnectAsync();
        Task publish;
        Task first;
        do
        {
            publish = nats.PublishAsync("a", new byte[100_000]).AsTask();
            first = await Task.WhenAny(publish, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System));
        }
        while (first == publish);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Contains("took nothing", (await Assert.ThrowsAsync<NatsConnectionFailedException>(() => publish)).Message);
        using var cancel = new CancellationTokenSource();
        Task other = nats.PublishAsync("a", new byte[100_000], cancellationToken: cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        block.SetResult();
        await Until.TrueAsync("there is room again", () => nats.PublishAsync("a", "x").AsTask().IsCompletedSuccessfully);
    }
}
