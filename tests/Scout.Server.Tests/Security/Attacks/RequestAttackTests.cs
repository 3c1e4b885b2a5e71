using System.Text;
using System.Text.Json;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;

namespace Scout.Server.Tests.Security.Attacks;

/// <summary>
/// Rows 14 to 18, 21 and 23 of security.md 15, and A6 of the fault tests: who may make a node do something, decided by the node alone. All on one node: rows of one
/// kind fold, so each test looks for its own.
/// </summary>
[Collection("node")]
[Trait("attack", "8")]
[Trait("attack", "14")]
[Trait("attack", "15")]
[Trait("attack", "16")]
[Trait("attack", "17")]
[Trait("attack", "18")]
[Trait("attack", "20")]
[Trait("attack", "21")]
[Trait("attack", "23")]
[Trait("attack", "38")]
[Trait("attack", "A6")]
public sealed class RequestAttackTests : IClassFixture<ProvenFleet>
{
    private const string Maintenance = """{"machines":["disk"],"open_ended":true}""";

    private readonly ProvenFleet fleet;
    private readonly Person anna;
    private readonly Person marker;

    public RequestAttackTests(ProvenFleet fleet)
    {
        this.fleet = fleet;
        fleet.Need();
        anna = fleet.Person("anna", ScoutRole.Operator);
        marker = fleet.Person("marker", ScoutRole.Viewer);
    }

    private TestNode Node => fleet.Node;

    private string Subject => Of("maintenance");

    [Fact]
    public async Task A_signed_request_does_what_it_says_and_the_audit_has_name_key_and_role()
    {
        RpcReply reply = await AskAsync(() => anna.Ask(Subject, """{"machines":["swap"],"open_ended":true}""", id: "mine"));
        Assert.Equal((RpcCode.Ok, "mine"), (reply.Code, reply.Id));
        Assert.Equal("MAINTENANCE", await Node.StateAsync("swap"));
        JsonElement row = Assert.Single(await RowsAsync(row => Text(row, "request") == "mine", 1));
        Assert.Equal(("anna", anna.Key.PublicKey, "operator"), (Text(row, "caller"), Text(row, "key"), Text(row, "role")));
        Assert.Equal(("allowed", "ok", "node", Subject), (Text(row, "decision"), Text(row, "code"), Text(row, "scope"), Text(row, "subject")));
        string line = await FileLineAsync("\"request\":\"mine\"");
        Assert.Contains("\"caller\":\"anna\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_nobody_has_proved_to_have_sent_gets_no_answer_but_a_row()
    {
        (string How, string Why)[] attacks =
        [
            ("unsigned", SignatureFaults.Unsigned), ("dev caller", SignatureFaults.Unsigned), ("steered acknowledgement", SignatureFaults.Unsigned),
            ("other body", SignatureFaults.BadSignature), ("other time", SignatureFaults.BadSignature), ("other nonce", SignatureFaults.BadSignature),
            ("other key", SignatureFaults.BadSignature), ("captured for all", SignatureFaults.BadSignature), ("for another node", SignatureFaults.BadSignature),
            ("for another action", SignatureFaults.BadSignature), ("doubled caller", SignatureFaults.Doubled), ("doubled signature", SignatureFaults.Doubled),
            ("steered", SignatureFaults.Steered), ("removed role key", SignatureFaults.UnknownIssuer), ("own role key", SignatureFaults.UnknownIssuer),
            ("other fleet", SignatureFaults.OtherFleet), ("expired", SignatureFaults.Expired), ("not yet valid", SignatureFaults.NotYet), ("revoked", SignatureFaults.Revoked),
            ("jwt of an account", SignatureFaults.BadJwt), ("alg none", SignatureFaults.BadJwt), ("claims changed", SignatureFaults.BadJwt),
            ("name of a pattern", SignatureFaults.BadName), ("no trust", SignatureFaults.NoTrust), ("long body", SignatureFaults.LongBody),
        ];
        foreach ((string how, string why) in attacks)
        {
            long before = await RefusedAsync();
            RpcReply? reply = await SendAsync(() => Make(how), before);
            Assert.True(reply is null, $"{how}: {reply?.Code}");
            await Wait.UntilAsync(async () => await RefusedAsync() > before, () => how);
            JsonElement[] rows = await RowsAsync(row => Text(row, "caller") == "unproven" && Message(row) == why, 1);
            Assert.All(rows, row => Assert.Equal("refused", Text(row, "decision")));
        }

        Assert.Equal("OK", await Node.StateAsync("disk"));
        string all = string.Concat((await RowsAsync(_ => true, 1)).Select(row => row.GetRawText()));
        Assert.DoesNotContain(anna.Jwt.Split('.')[2], all, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_without_a_reply_subject_is_not_looked_at()
    {
        await anna.Ask(Subject, Maintenance).PublishAsync(fleet.Nats, null);
        await RowsAsync(row => Message(row) == SignatureFaults.NoReply, 1);
        Assert.Equal("OK", await Node.StateAsync("disk"));
    }

    [Theory]
    [InlineData("maintenance", """{"machines":["nothing"],"open_ended":true}""")]
    [InlineData("probe", """{"target":"nobody"}""")]
    [InlineData("machines", "{}")]
    public async Task What_waited_longer_than_it_may_is_not_begun_and_leaves_a_row(string action, string args)
    {
        string subject = Of(action);
        Person olga = fleet.Person("olga", ScoutRole.Operator);
        byte[] body = Encoding.UTF8.GetBytes($$"""{"schema":"io.scout.rpc.request.v1","id":"late-{{action}}","ttl_ms":1,"args":{{args}}}""");
        // A millisecond is enough for most of them when the node has nothing else to do: it is given something.
        await Wait.UntilAsync(
            async () =>
            {
                RpcReply?[] replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => olga.Sign(subject, body).TryAskAsync(fleet.Nats, TimeSpan.FromSeconds(1))));
                return replies.Any(static reply => reply?.Code == RpcCode.Expired);
            },
            () => Node.Log,
            TimeSpan.FromSeconds(60));
        JsonElement row = (await RowsAsync(row => Text(row, "action") == action && Text(row, "code") == "expired", 1))[0];
        Assert.Equal(("olga", "refused"), (Text(row, "caller"), Text(row, "decision")));
    }

    [Theory]
    [InlineData("$JS.API.STREAM.PURGE.SCOUT_STATE")]
    [InlineData("$KV.SCOUT_NODES.db1")]
    [InlineData("scout.event.db1.disk.state")]
    [InlineData("scout.rpc.all.trust")]
    [InlineData("_INBOX.a..b")]
    public async Task An_answer_goes_to_an_inbox_or_nowhere(string place)
    {
        await using INatsSub<byte[]> heard = await fleet.Nats.SubscribeCoreAsync<byte[]>(place.Contains("..", StringComparison.Ordinal) ? "_INBOX.a.>" : place);
        long before = await RefusedAsync();
        using var peer = new System.Net.Sockets.TcpClient("127.0.0.1", new Uri(fleet.Url).Port);
        SignedMessage good = anna.Ask(Subject, Maintenance);
        string headers = "NATS/1.0\r\n" + string.Concat(good.Headers.Select(static header => $"{header.Key}: {header.Value}\r\n")) + "\r\n";
        string body = Encoding.UTF8.GetString(good.Body);
        await peer.GetStream().WriteAsync(Encoding.UTF8.GetBytes("CONNECT {\"verbose\":false,\"headers\":true,\"protocol\":1,\"lang\":\"raw\",\"version\":\"0\"}\r\n"
            + $"HPUB {good.Subject} {place} {headers.Length} {headers.Length + body.Length}\r\n{headers}{body}\r\n"));
        await Wait.UntilAsync(async () => await RefusedAsync() > before, () => place);
        await RowsAsync(row => Message(row) == SignatureFaults.NoInbox, 1);
        await fleet.Nats.PingAsync();
        Assert.False(heard.Msgs.TryRead(out _));
    }

    [Theory]
    [InlineData("reboot", "other")]
    [InlineData("history", "history")]
    public async Task An_action_that_is_none_gets_no_answer_but_a_row(string action, string word)
    {
        Assert.Null(await SendAsync(() => anna.Ask(Of(action)), 0));
        JsonElement row = (await RowsAsync(row => Text(row, "action") == word && Text(row, "code") == "unknown_action", 1))[0];
        Assert.Equal("refused", Text(row, "decision"));
    }

    [Theory]
    [InlineData("""{"machines":["disk"],"open_ended":true,"run":"/bin/sh"}""", "run")]
    [InlineData("""{"machines":["$(reboot)"],"open_ended":true}""", "args.machines")]
    [InlineData("""{"machines":["../../etc"],"open_ended":true}""", "args.machines")]
    [InlineData("""{"all":true}""", "open_ended")]
    [InlineData("""{"machines":["disk"],"for_s":1e400}""", "args.for_s")]
    public async Task A_bad_request_of_a_proven_caller_is_told_which_field_and_stands_in_the_audit(string args, string field)
    {
        RpcReply reply = await AskAsync(() => anna.Ask(Subject, args));
        Assert.Equal(RpcCode.BadRequest, reply.Code);
        Assert.Contains(field, reply.Message, StringComparison.Ordinal);
        JsonElement row = (await RowsAsync(row => Text(row, "caller") == "anna" && Message(row) == reply.Message, 1))[0];
        Assert.Equal(("refused", "bad_request"), (Text(row, "decision"), Text(row, "code")));
        Assert.Equal("OK", await Node.StateAsync("disk"));
    }

    [Fact]
    public async Task The_same_request_again_does_nothing_at_once_from_another_inbox_and_after_a_restart()
    {
        SignedMessage request = anna.Ask(Subject, """{"machines":["swap"],"open_ended":true}""");
        RpcReply first = await AskAsync(() => request);
        Assert.Contains(first.Code, (RpcCode[])[RpcCode.Ok, RpcCode.NotAllowed]);
        await AskAsync(() => anna.Ask(Of("resume"), """{"machines":["swap"]}"""));
        Assert.Null(await SendAsync(() => request, 0));
        await Node.StopAsync();
        await fleet.StartAsync();
        Assert.Null(await SendAsync(() => request, 0));
        Assert.NotEqual("MAINTENANCE", await Node.StateAsync("swap"));
        await RowsAsync(row => Message(row) == SignatureFaults.Replay && Text(row, "subject") == Subject, 2);
    }

    [Theory]
    [InlineData(-66)]
    [InlineData(66)]
    [InlineData(-365 * 86400)]
    [InlineData(365 * 86400)]
    public async Task A_clock_that_is_off_is_told_the_time_of_the_node(int seconds)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        RpcReply reply = await AskAsync(() => anna.Ask(Subject, Maintenance, at: now.AddSeconds(seconds)));
        Assert.Equal(RpcCode.Stale, reply.Code);
        Assert.InRange(reply.Time!.Value, now.AddMinutes(-1), now.AddMinutes(2));
        JsonElement row = (await RowsAsync(row => Text(row, "code") == "stale" && Text(row, "key") == anna.Key.PublicKey, 1))[0];
        Assert.Equal(("anna", "refused"), (Text(row, "caller"), Text(row, "decision")));
        Assert.Equal("OK", await Node.StateAsync("disk"));
    }

    [Fact]
    public async Task Machines_under_a_deny_are_denied_one_by_one_and_the_rest_runs()
    {
        RpcReply reply = await AskAsync(() => anna.Ask(Subject, """{"machines":["swap","pay_api"],"for_s":60}""", id: "both"));
        Assert.Equal(RpcCode.Partial, reply.Code);
        Assert.Equal("ask the payments team (policy rule 5)", reply.Results.Single(result => result.Machine == "pay_api").Message);
        Assert.NotEqual(RpcCode.Denied, reply.Results.Single(result => result.Machine == "swap").Code);
        Assert.Equal("OK", await Node.StateAsync("pay_api"));
        JsonElement row = (await RowsAsync(row => Text(row, "request") == "both", 1))[0];
        Assert.Equal("pay_api", Assert.Single(row.GetProperty("denied").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task A_policy_that_turns_bad_changes_nothing_and_one_that_is_mended_is_taken_at_once()
    {
        try
        {
            fleet.WritePolicy("rules: [ { allow: [pong] } ]");
            Node.Hangup();
            await Wait.UntilAsync(async () => (await Node.AskAsync("ping")).GetRawText().Contains("the last good policy stays", StringComparison.Ordinal), () => Node.Log);
            Assert.Equal(RpcCode.Ok, (await AskAsync(() => anna.Ask(Of("facts")))).Code);
            fleet.WritePolicy("rules: [ { allow: [ping] } ]");
            Node.Hangup();
            await Wait.UntilAsync(async () => (await AskAsync(() => anna.Ask(Of("facts")))).Code == RpcCode.Denied, () => Node.Log);
        }
        finally
        {
            fleet.WritePolicy(null);
            Node.Hangup();
            await Wait.UntilAsync(async () => (await AskAsync(() => anna.Ask(Of("facts")))).Code == RpcCode.Ok, () => Node.Log);
        }
    }

    [Fact]
    [Trait("attack", "4")]
    public async Task Each_role_gets_from_the_node_what_the_table_says_and_no_more_and_each_cell_is_in_the_audit()
    {
        // By hand, and not from the templates. Of a forced check, a transition and a probe that may be asked for the outcome is not a matter here.
        const string reads = "ping machines machine facts mesh";
        const string effects = "check transition maintenance resume acknowledge probe";
        (ScoutRole Role, string May)[] table =
        [
            (ScoutRole.Viewer, reads), (ScoutRole.Operator, $"{reads} {effects}"), (ScoutRole.Deployer, "ping machines machine"), (ScoutRole.Admin, $"{reads} {effects}"),
            (ScoutRole.Broker, "probe"), (ScoutRole.Provisioner, ""), (ScoutRole.Gateway, ""), (ScoutRole.Node, ""),
        ];
        var cells = new List<string>();
        foreach ((ScoutRole role, string may) in table)
        {
            Person person = fleet.Person("p-" + RoleNames.Word(role), role);
            foreach (string action in $"{reads} {effects}".Split(' '))
            {
                Assert.True(RpcActions.TryParse(action, out RpcAction known));
                string before = await StatesAsync();
                RpcReply reply = await AskAsync(() => person.Ask(Of(action), Args(known)));
                bool allowed = may.Split(' ').Contains(action);
                Assert.True(allowed == (reply.Code != RpcCode.Denied), $"{role} {action}: {reply.Code} {reply.Message}");
                Assert.Equal(allowed, RoleTemplates.MayAsk(role, known));
                if (!allowed) Assert.Equal(before, await StatesAsync());
                cells.Add($"p-{RoleNames.Word(role)} {action} {(allowed ? "allowed" : "denied")}");
            }
        }

        Assert.Equal(88, cells.Count);
        string[] rows = [];
        await Wait.UntilAsync(
            () =>
            {
                string[] lines = File.ReadAllLines(Path.Combine(Node.DataFolder, "audit.jsonl"));
                Assert.DoesNotContain(lines, line => line.Contains("eyJ", StringComparison.Ordinal));
                rows = [.. lines.Select(Cell).Distinct()];
                return !cells.Except(rows).Any();
            },
            () => $"missing: {string.Join(", ", cells.Except(rows))}");
    }

    [Fact]
    public async Task A_flood_is_counted_folded_and_mostly_not_looked_at()
    {
        long before = await RefusedAsync();
        SignedMessage unsigned = anna.Ask(Subject, Maintenance) with { Headers = [] };
        // What is more than 1,024 at once the subscription drops, and counts.
        for (int i = 0; i < 800; i++) await unsigned.PublishAsync(fleet.Nats, "_INBOX.nobody." + i);
        await Wait.UntilAsync(async () => await RefusedAsync() >= before + 800, () => Node.Log);
        Assert.Equal("OK", await Node.StateAsync("disk"));
        // Folded: at most one row in full and one a minute.
        JsonElement[] rows = await RowsAsync(row => Message(row) == SignatureFaults.Unsigned, 1);
        Assert.InRange(rows.Length, 1, 10);

        await AskAsync(() => anna.Ask(Of("ping")));
        var codes = new HashSet<RpcCode>();
        // On a machine that is slow enough nothing is excess: then there is another round. Of the excess 200 a second have an answer, tests before this one included.
        await Wait.UntilAsync(
            async () =>
            {
                SignedMessage[] messages = [.. Enumerable.Range(0, 200).Select(_ => anna.Ask(Of("ping")))];
                foreach (RpcReply? reply in await Task.WhenAll(messages.Select(message => message.TryAskAsync(fleet.Nats, TimeSpan.FromSeconds(1)))))
                {
                    if (reply is not null) codes.Add(reply.Code);
                }

                return codes.Contains(RpcCode.Busy) && codes.Contains(RpcCode.Ok);
            },
            () => Node.Log,
            TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Replies_that_wait_for_their_moment_are_bounded_and_what_is_beyond_goes_at_once()
    {
        const int more = 40;
        await using var open = new TestNode { Arguments = new Scout.Server.Configuration.ServerArguments { Broker = [fleet.Url] } };
        await open.StartAsync();
        byte[] body = """{"schema":"io.scout.rpc.request.v1","id":"spread","ttl_ms":20000,"reply_spread_ms":30000}"""u8.ToArray();
        string inbox = fleet.Nats.NewInbox();
        await using INatsSub<byte[]> replies = await fleet.Nats.SubscribeCoreAsync<byte[]>(inbox);
        await Wait.UntilAsync(async () => (await open.GetAsync("/metrics")).Contains("scout_connection_up{node=\"" + open.Name + "\"} 1", StringComparison.Ordinal), () => open.Log);
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        for (int i = 0; i < Scout.Server.Connection.RpcEndpoint.SpreadLimit + more; i++) await fleet.Nats.PublishAsync($"scout.rpc.node.{open.Name}.ping", body, replyTo: inbox);
        for (int i = 0; i < more; i++) await replies.Msgs.ReadAsync().AsTask().WaitAsync(TestNode.Patience);
        await Wait.UntilAsync(
            async () => (await open.GetAsync("/metrics")).Split('\n').Any(line => line.Contains("limit=\"rpc_active\"", StringComparison.Ordinal) && int.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture) >= more),
            () => open.Log);
    }

    private static string Args(RpcAction action) => action switch
    {
        RpcAction.Machine => """{"machine":"disk"}""",
        RpcAction.Check => """{"machines":["swap"]}""",
        RpcAction.Transition => """{"machine":"swap","transition":"OK"}""",
        RpcAction.Maintenance => """{"machines":["swap"],"for_s":60}""",
        RpcAction.Resume or RpcAction.Acknowledge => """{"machines":["swap"]}""",
        RpcAction.Probe => """{"target":"nobody"}""",
        _ => "{}",
    };

    private static string Cell(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement row = document.RootElement;
        return $"{Text(row, "caller")} {Text(row, "action")} {Text(row, "decision")}";
    }

    private async Task<string> StatesAsync() => $"{await Node.StateAsync("disk")} {await Node.StateAsync("swap")} {await Node.StateAsync("pay_api")}";

    private static string? Text(JsonElement row, string name) => row.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static string? Message(JsonElement row) => Text(row, "message");

    private SignedMessage Make(string how)
    {
        SignedMessage good = anna.Ask(Subject, Maintenance);
        SignedMessage other = anna.Ask(Subject, Maintenance);
        switch (how)
        {
            case "unsigned": return good with { Headers = [] };
            case "dev caller": return good with { Headers = [new(SigningHeaders.Caller, "root")] };
            case "other body": return good with { Body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(good.Body).Replace("disk", "diks", StringComparison.Ordinal)) };
            case "other time": return With(good, SigningHeaders.Time, TimeProvider.System.GetUtcNow().AddSeconds(1).ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
            case "other nonce": return With(good, SigningHeaders.Nonce, other.Headers.Single(header => header.Key == SigningHeaders.Nonce).Value);
            case "other key": return anna.Ask(Subject, Maintenance, by: fleet.Person("bob", ScoutRole.Operator).Key);
            case "captured for all": return anna.Ask("scout.rpc.all.maintenance", Maintenance) with { Subject = Subject };
            case "for another node": return anna.Ask("scout.rpc.node.other.maintenance", Maintenance) with { Subject = Subject };
            case "for another action": return anna.Ask($"scout.rpc.node.{Node.Name}.check", Maintenance) with { Subject = Subject };
            case "doubled caller": return good with { Headers = [.. good.Headers, good.Headers[0]] };
            case "doubled signature": return good with { Headers = [.. good.Headers, new("scout-sig", other.Headers[3].Value)] };
            case "steered": return good with { Headers = [.. good.Headers, new("Nats-Stream", "SCOUT_EVENTS")] };
            case "steered acknowledgement": return good with { Headers = [], Body = Encoding.UTF8.GetBytes("""{"stream":"SCOUT_EVENTS","seq":7}""") };
            case "removed role key":
                fleet.Current = fleet.Current! with { Roles = fleet.Current.Roles.Remove("operator") };
                return good;
            case "own role key": return fleet.Person("mallory", ScoutRole.Operator, signer: NKeyPair.Create(NKeyType.Account)).Ask(Subject, Maintenance);
            case "other fleet": return fleet.Person("mallory", ScoutRole.Operator, fleet: NKeyPair.Create(NKeyType.Account).PublicKey).Ask(Subject, Maintenance);
            case "expired": return fleet.Person("anna", ScoutRole.Operator, TimeSpan.FromSeconds(-2)).Ask(Subject, Maintenance);
            case "not yet valid": return fleet.Person("anna", ScoutRole.Operator, TimeSpan.FromHours(3), from: TimeSpan.FromHours(2)).Ask(Subject, Maintenance);
            case "revoked":
                fleet.Reset(anna.Key.PublicKey);
                return good;
            case "jwt of an account":
                using (NKeyPair root = NKeyPair.Create(NKeyType.Operator))
                {
                    return With(good, SigningHeaders.Caller, NatsJwt.Encode(new NatsAccountClaims { Subject = NKeyPair.Create(NKeyType.Account).PublicKey, Name = "anna" }, root, TimeProvider.System.GetUtcNow(), "id"));
                }

            case "alg none": return With(good, SigningHeaders.Caller, "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0." + anna.Jwt.Split('.')[1] + ".");
            case "claims changed": return With(good, SigningHeaders.Caller, Changed(anna.Jwt));
            case "name of a pattern": return fleet.Person("*", ScoutRole.Operator).Ask(Subject, Maintenance);
            case "no trust":
                fleet.Current = null;
                return good;
            case "long body": return anna.Sign(Subject, new byte[SigningLimits.MaxBody + 1]);
            default: throw new ArgumentException(how, nameof(how));
        }
    }

    private static SignedMessage With(SignedMessage message, string name, string value) =>
        message with { Headers = [.. message.Headers.Select(header => header.Key == name ? new KeyValuePair<string, string>(name, value) : header)] };

    private static string Changed(string jwt)
    {
        string[] parts = jwt.Split('.');
        string claims = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1])).Replace("anna", "boss", StringComparison.Ordinal);
        return $"{parts[0]}.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.{parts[2]}";
    }

    private string Of(string action) => $"scout.rpc.node.{Node.Name}.{action}";

    // Fifty a second are looked at; what came too soon is asked again, signed anew.
    private async Task<RpcReply> AskAsync(Func<SignedMessage> make)
    {
        while (true)
        {
            RpcReply reply = await make().AskAsync(fleet.Nats);
            if (reply.Code != RpcCode.Busy) return reply;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    // What answers it, or null; busy is no answer yet.
    private async Task<RpcReply?> SendAsync(Func<SignedMessage> make, long refusedBefore)
    {
        while (true)
        {
            RpcReply? reply = await make().SendAsync(fleet.Nats, () => MarkAsync(refusedBefore));
            if (reply is not { Code: RpcCode.Busy }) return reply;
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    // A request that is answered when what came before it was looked at; it leaves no row in the store.
    private async Task<RpcReply> MarkAsync(long refusedBefore)
    {
        if (fleet.Current is null)
        {
            await Wait.UntilAsync(async () => await RefusedAsync() > refusedBefore, () => Node.Log);
            fleet.Reset();
        }

        RpcReply reply = await AskAsync(() => marker.Ask(Of("ping")));
        fleet.Reset();
        return reply;
    }

    private async Task<long> RefusedAsync()
    {
        string page = await Node.GetAsync("/metrics");
        return page.Split('\n').Where(line => line.StartsWith("scout_rpc_requests_total", StringComparison.Ordinal) && line.Contains("action=\"maintenance\",decision=\"refused\"", StringComparison.Ordinal))
            .Sum(line => long.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task<string> FileLineAsync(string part)
    {
        string? line = null;
        string path = Path.Combine(Node.DataFolder, "audit.jsonl");
        await Wait.UntilAsync(() => Task.FromResult(File.Exists(path) && (line = File.ReadLines(path).FirstOrDefault(one => one.Contains(part, StringComparison.Ordinal))) is not null), () => Node.Log);
        return line!;
    }

    private async Task<JsonElement[]> RowsAsync(Func<JsonElement, bool> wanted, int least)
    {
        JsonElement[] rows = [];
        await Wait.UntilAsync(
            async () =>
            {
                JsonElement reply = await Node.AskAsync("history", """{"kinds":["audit"],"limit":1000}""");
                rows = [.. reply.GetProperty("results")[0].GetProperty("events").EnumerateArray().Select(one => one.GetProperty("data")).Where(wanted)];
                return rows.Length >= least;
            },
            () => $"{rows.Length} rows: {Node.Log}");
        return rows;
    }
}
