using System.Globalization;
using System.Text;
using System.Text.Json;
using Scout.Broker.Mesh.Service;
using Scout.Protocol.Mesh;
using Scout.Protocol.Reading;
using Scout.Protocol.Roster;
using Scout.Protocol.Security.Roles;
using static Scout.Broker.Tests.Roles.AttackStage;

namespace Scout.Broker.Tests.Roles;

/// <summary>
/// Attack rows 8 to 11 and 13: the server sends acks and stored messages wherever a request says, without asking for a right. Each of these shows that it really does,
/// and that no reader of ours believes what lands.
/// </summary>
[Collection(RoleServerCollection.Name)]
[Trait("attack", "8")]
[Trait("attack", "9")]
[Trait("attack", "10")]
[Trait("attack", "11")]
[Trait("attack", "13")]
[Trait("attack", "39")]
[Trait("attack", "A6")]
public sealed class SteeringAttackTests(RoleServer server)
{
    [Fact]
    public async Task An_ack_that_lands_as_an_event_is_unreadable_until_the_next_true_event()
    {
        server.Need();
        await using RawLogin evil = await NodeAsync("evil1");
        await using RawLogin victim = await NodeAsync("good1");
        await using RawLogin reader = await ReaderAsync("scout.event.good1.>");
        const string subject = "scout.event.good1.disk.state";
        var rules = new EventReaderRules();
        await StoreAsync(victim, subject, State("good1", "disk", 1, "OK"), CloudEvents);
        Assert.Equal(EventVerdict.Accepted, Judge(rules, await reader.TakeAsync(static one => one.Subject == subject), EventDelivery.Live));
        await evil.PublishAsync("scout.event.evil1.disk.state", State("evil1", "disk", 1, "OK"), subject, CloudEvents);
        RawMessage ack = await reader.TakeAsync(static one => one.Subject == subject);
        Assert.Contains("SCOUT_EVENTS", ack.Body, StringComparison.Ordinal);
        Assert.Equal(EventVerdict.Unreadable, Judge(rules, ack, EventDelivery.Live));
        RawMessage stored = await GetAsync(reader, "SCOUT_EVENTS", subject, one => one.Body == ack.Body);
        Assert.Equal(EventVerdict.Unreadable, Judge(new EventReaderRules(), stored, EventDelivery.DirectGet, subject));
        await victim.PublishAsync(subject, State("good1", "disk", 2, "CRITICAL"), headers: CloudEvents);
        Assert.Equal(EventVerdict.Accepted, Judge(rules, await reader.TakeAsync(static one => one.Subject == subject), EventDelivery.Live));
        Assert.Equal(1, rules.Ignored);
    }

    [Fact]
    public async Task An_ack_that_lands_in_the_roster_hides_nobody()
    {
        server.Need();
        await using RawLogin evil = await NodeAsync("evil2");
        await using RawLogin victim = await NodeAsync("good2");
        await using RawLogin reader = await ReaderAsync("scout.roster.good2");
        await victim.PublishAsync("$KV.SCOUT_NODES.good2", Entry("good2"));
        RawMessage live = await reader.TakeAsync(static one => one.Subject == "scout.roster.good2");
        Assert.True(Counts(live, EventDelivery.Republished));
        await evil.PublishAsync("$KV.SCOUT_NODES.evil2", Entry("evil2"), "$KV.SCOUT_NODES.good2");
        RawMessage ack = await reader.TakeAsync(static one => one.Subject == "scout.roster.good2");
        Assert.False(RosterEntry.TryRead("good2", Encoding.UTF8.GetBytes(ack.Body), out _, out _));
        RawMessage stored = await GetAsync(reader, "KV_SCOUT_NODES", "$KV.SCOUT_NODES.good2");
        Assert.Null(Word(stored));
    }

    [Fact]
    public async Task An_ack_that_lands_as_a_request_has_nobody_to_answer_to()
    {
        server.Need();
        await using RawLogin evil = await NodeAsync("evil3");
        await using RawLogin victim = await NodeAsync("good3");
        await victim.SubscribeAsync("scout.rpc.node.good3.*");
        await victim.SubscribeAsync("_INBOX.good3.>");
        await victim.SyncAsync();
        await evil.PublishAsync("$KV.SCOUT_NODES.evil3", Entry("evil3"), "scout.rpc.node.good3.check");
        RawMessage landed = await victim.TakeAsync(static one => one.Subject == "scout.rpc.node.good3.check");
        Assert.Null(landed.Reply);
        // An inbox can be hit only by who knows its token: 128 random bits, which a reader has not told anybody.
        await evil.PublishAsync("$KV.SCOUT_NODES.evil3", Entry("evil3"), "_INBOX.good3.guessed");
        Assert.Null((await victim.TakeAsync(static one => one.Subject == "_INBOX.good3.guessed")).Reply);
    }

    [Fact]
    public async Task A_stored_message_steered_onto_an_event_subject_has_a_stream_header_too_many()
    {
        server.Need();
        await using RawLogin evil = await NodeAsync("evil4");
        await using RawLogin reader = await ReaderAsync("scout.event.good4.>");
        const string subject = "scout.event.good4.disk.state";
        // A perfect event of somebody else, kept under one's own key and sent on by the server.
        await StoreAsync(evil, "$KV.SCOUT_NODES.evil4", State("good4", "disk", 9, "OK"), CloudEvents);
        await evil.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES.$KV.SCOUT_NODES.evil4", reply: subject);
        Assert.Empty(await evil.SyncAsync());
        RawMessage live = await reader.TakeAsync(static one => one.Subject == subject);
        Assert.Equal(EventVerdict.Steered, Judge(new EventReaderRules(), live, EventDelivery.Live));
        RawMessage stored = await GetAsync(reader, "SCOUT_EVENTS", subject, static one => one.Body.Length > 0);
        Assert.Equal(EventVerdict.Steered, Judge(new EventReaderRules(), stored, EventDelivery.DirectGet, subject));
        Assert.Equal(2, Headers(stored).Count(static header => header.Key == "Nats-Stream"));
    }

    [Fact]
    public async Task A_viewer_can_move_events_and_nobody_believes_them()
    {
        server.Need();
        await using RawLogin victim = await NodeAsync("good5");
        await using RawLogin viewer = await ReaderAsync("scout.event.good5.>");
        const string subject = "scout.event.good5.disk.state";
        await StoreAsync(victim, subject, State("good5", "disk", 1, "OK"), CloudEvents);
        RawMessage first = await viewer.TakeAsync(static one => one.Subject == subject);
        var rules = new EventReaderRules();
        Assert.Equal(EventVerdict.Accepted, Judge(rules, first, EventDelivery.Live));
        await viewer.PublishAsync("$JS.API.DIRECT.GET.SCOUT_EVENTS." + subject, reply: "scout.event.good5.other.state");
        RawMessage moved = await viewer.TakeAsync(static one => one.Subject == "scout.event.good5.other.state");
        Assert.Equal(EventVerdict.Steered, Judge(rules, moved, EventDelivery.Live));
        // Also under its own subject, where everything else is right.
        await viewer.PublishAsync("$JS.API.DIRECT.GET.SCOUT_EVENTS." + subject, reply: subject);
        RawMessage again = await viewer.TakeAsync(static one => one.Subject == subject);
        Assert.Equal(EventVerdict.Steered, Judge(new EventReaderRules(), again, EventDelivery.Live));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b", "Nats-Subject: $KV.SCOUT_NODES.good6b")]
    [InlineData("c", "Nats-Stream: KV_SCOUT_NODES", "Nats-Subject: $KV.SCOUT_NODES.good6c", "Nats-Sequence: 1")]
    public async Task A_forged_entry_steered_into_the_roster_or_onto_its_live_copies_does_not_count(string suffix, params string[] forged)
    {
        server.Need();
        string good = "good6" + suffix;
        string evil = "evil6" + suffix;
        await using RawLogin victim = await NodeAsync(good);
        await using RawLogin attacker = await NodeAsync(evil);
        await using RawLogin reader = await ReaderAsync("scout.roster." + good);
        await victim.PublishAsync("$KV.SCOUT_NODES." + good, Entry(good));
        Assert.True(Counts(await reader.TakeAsync(one => one.Subject == "scout.roster." + good), EventDelivery.Republished));
        await StoreAsync(attacker, "$KV.SCOUT_NODES." + evil, Entry(good), forged);
        await attacker.PublishAsync($"$JS.API.DIRECT.GET.KV_SCOUT_NODES.$KV.SCOUT_NODES.{evil}", reply: "scout.roster." + good);
        RawMessage core = await reader.TakeAsync(one => one.Subject == "scout.roster." + good);
        Assert.Equal(Entry(good), core.Body);
        Assert.False(Counts(core, EventDelivery.Republished));
        await attacker.PublishAsync($"$JS.API.DIRECT.GET.KV_SCOUT_NODES.$KV.SCOUT_NODES.{evil}", reply: "$KV.SCOUT_NODES." + good);
        RawMessage republished = await reader.TakeAsync(one => one.Subject == "scout.roster." + good);
        Assert.False(Counts(republished, EventDelivery.Republished));
        RawMessage stored = await GetAsync(reader, "KV_SCOUT_NODES", "$KV.SCOUT_NODES." + good);
        Assert.False(Counts(stored, EventDelivery.DirectGet));
        Assert.Null(Word(stored));
        Assert.Empty(await attacker.SyncAsync());
    }

    [Fact]
    public async Task A_steered_deletion_takes_nobody_off_the_roster()
    {
        server.Need();
        await using RawLogin victim = await NodeAsync("good7");
        await using RawLogin evil = await NodeAsync("evil7");
        await using RawLogin reader = await ReaderAsync("scout.roster.good7");
        await victim.PublishAsync("$KV.SCOUT_NODES.good7", Entry("good7"));
        await reader.TakeAsync(static one => one.Subject == "scout.roster.good7");
        await StoreAsync(evil, "$KV.SCOUT_NODES.evil7", "", "KV-Operation: DEL");
        await evil.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES.$KV.SCOUT_NODES.evil7", reply: "$KV.SCOUT_NODES.good7");
        RawMessage live = await reader.TakeAsync(static one => one.Subject == "scout.roster.good7");
        Assert.Equal("DEL", Header(live, "KV-Operation"));
        Assert.False(Counts(live, EventDelivery.Republished));
        Assert.Null(Word(await GetAsync(reader, "KV_SCOUT_NODES", "$KV.SCOUT_NODES.good7")));
    }

    [Fact]
    public async Task Captured_headers_do_not_make_a_stored_message_a_request()
    {
        server.Need();
        await using RawLogin victim = await NodeAsync("good8");
        await using RawLogin evil = await NodeAsync("evil8");
        await victim.SubscribeAsync("scout.rpc.node.good8.*");
        await victim.SyncAsync();
        await StoreAsync(evil, "$KV.SCOUT_NODES.evil8", "{}", "Scout-Caller: x", "Scout-Time: 1", "Scout-Nonce: abcdefghijklmnopqrstuv", "Scout-Sig: x");
        await evil.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES.$KV.SCOUT_NODES.evil8", reply: "scout.rpc.node.good8.transition");
        RawMessage landed = await victim.TakeAsync(static one => one.Subject == "scout.rpc.node.good8.transition");
        Assert.Equal("x", Header(landed, "Scout-Sig"));
        // Two marks, each enough for the node to refuse without a word: no reply subject, headers of a stream.
        Assert.Null(landed.Reply);
        Assert.Contains(Headers(landed), static header => header.Key.StartsWith("Nats-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Old_events_that_a_gateway_puts_into_the_stream_again_are_old()
    {
        server.Need();
        await using RawLogin admin = await server.ConnectAsync(server.Login(ScoutRole.Admin, "ada"));
        await using RawLogin node = await NodeAsync("good9");
        await using RawLogin gateway = await server.ConnectAsync(server.Login(ScoutRole.Gateway, "gw1"));
        const string subject = "scout.event.good9.disk.state";
        string made = await admin.RequestAsync(
            "$JS.API.CONSUMER.DURABLE.CREATE.SCOUT_EVENTS.gw1",
            "{\"stream_name\":\"SCOUT_EVENTS\",\"config\":{\"durable_name\":\"gw1\",\"ack_policy\":\"explicit\",\"filter_subject\":\"" + subject + "\"}}");
        Assert.DoesNotContain("\"error\"", made, StringComparison.Ordinal);
        await using RawLogin reader = await ReaderAsync(subject);
        var rules = new EventReaderRules();
        await StoreAsync(node, subject, State("good9", "disk", 1, "CRITICAL"), CloudEvents);
        await StoreAsync(node, subject, State("good9", "disk", 2, "OK"), CloudEvents);
        for (int i = 0; i < 2; i++) Assert.Equal(EventVerdict.Accepted, Judge(rules, await reader.TakeAsync(static one => one.Subject == subject), EventDelivery.Live));
        await gateway.PublishAsync("$JS.API.CONSUMER.MSG.NEXT.SCOUT_EVENTS.gw1", "1", "scout.event.good9.other.state");
        Assert.Empty(await gateway.SyncAsync());
        // It is stored again, under its own subject and without a mark: the last message of the machine is the old one.
        RawMessage replayed = await GetAsync(reader, "SCOUT_EVENTS", subject, static one => one.Body.Contains("CRITICAL", StringComparison.Ordinal));
        Assert.Equal(EventVerdict.OldSequence, Judge(rules, replayed, EventDelivery.DirectGet, subject));
        Assert.Equal(1, rules.Count(EventVerdict.OldSequence));
    }

    [Fact]
    public async Task Rollup_empties_nothing()
    {
        server.Need();
        await using RawLogin other = await NodeAsync("good10");
        await using RawLogin node = await NodeAsync("evil10");
        await using RawLogin reader = await ReaderAsync("scout.roster.good10");
        await other.PublishAsync("$KV.SCOUT_NODES.good10", Entry("good10"));
        await reader.TakeAsync(static one => one.Subject == "scout.roster.good10");
        foreach ((string subject, string how) in ((string, string)[])[("$KV.SCOUT_NODES.evil10", "all"), ("$KV.SCOUT_NODES.evil10", "sub"), ("scout.event.evil10.disk.state", "all")])
        {
            Assert.Equal(10111, ErrorCode(await node.RequestAsync(subject, "{}", "Nats-Rollup: " + how)));
        }

        Assert.NotNull(Word(await GetAsync(reader, "KV_SCOUT_NODES", "$KV.SCOUT_NODES.good10")));
    }

    [Fact]
    public async Task Events_that_tell_of_others_or_are_none_are_counted_and_ignored()
    {
        server.Need();
        await using RawLogin node = await NodeAsync("evil11");
        await using RawLogin reader = await ReaderAsync("scout.event.evil11.>");
        const string subject = "scout.event.evil11.disk.state";
        var rules = new EventReaderRules();
        (string Body, EventVerdict Expected)[] sent =
        [
            (State("evil11", "disk", 5, "OK"), EventVerdict.Accepted),
            (State("good11", "disk", 6, "OK"), EventVerdict.WrongSource),
            (State("evil11", "other", 7, "OK"), EventVerdict.WrongMachine),
            (State("evil11", "disk", 4, "OK"), EventVerdict.OldSequence),
            (State("evil11", "disk", 5, "OK"), EventVerdict.Duplicate),
            (State("evil11", "disk", 8, "OK")[..^7], EventVerdict.Unreadable),
            (State("evil11", "disk", 9, "OK").Replace("io.scout.machine.state.v1", "io.scout.machine.state.v9", StringComparison.Ordinal), EventVerdict.UnknownType),
            (State("evil11", "disk", 10, "WARNING"), EventVerdict.Accepted),
        ];
        foreach ((string body, EventVerdict expected) in sent)
        {
            await node.PublishAsync(subject, body, headers: CloudEvents);
            Assert.Equal(expected, Judge(rules, await reader.TakeAsync(static one => one.Subject == subject), EventDelivery.Live));
        }

        Assert.Equal(6, rules.Ignored);
        Assert.Equal(10054, ErrorCode(await node.RequestAsync(subject, new string('x', 70_000), CloudEvents)));
    }

    private static int ErrorCode(string answer)
    {
        using JsonDocument json = JsonDocument.Parse(answer);
        return json.RootElement.GetProperty("error").GetProperty("err_code").GetInt32();
    }

    /// <summary>As the broker's own reader of the roster takes it.</summary>
    private static RosterWord? Word(RawMessage got)
    {
        return RosterWord.Read(Header(got, "Nats-Subject")!, Encoding.UTF8.GetBytes(got.Body), Headers(got));
    }

    [Fact]
    public async Task A_copy_whose_sender_hid_the_first_header_of_the_server_in_his_own_last_one_does_not_count()
    {
        server.Need();
        await using RawLogin victim = await NodeAsync("good39");
        await using RawLogin evil = await NodeAsync("evil39");
        await using RawLogin reader = await ReaderAsync("scout.roster.good39");
        await victim.PublishAsync("$KV.SCOUT_NODES.good39", Entry("good39"));
        await reader.TakeAsync(static one => one.Subject == "scout.roster.good39");
        // Not ended as a header part is: the server takes two bytes off its end, and writes on in the same line.
        string block = $"NATS/1.0\r\n{CloudEvents}\r\nX: yZZ";
        async Task SteerAsync(string body, string onto)
        {
            await evil.SendAsync($"HPUB $KV.SCOUT_NODES.evil39 {block.Length} {block.Length + Encoding.UTF8.GetByteCount(body)}\r\n{block}{body}\r\n");
            await evil.PublishAsync("$JS.API.DIRECT.GET.KV_SCOUT_NODES.$KV.SCOUT_NODES.evil39", reply: onto);
            Assert.Empty(await evil.SyncAsync());
        }

        await SteerAsync(Entry("good39"), "$KV.SCOUT_NODES.good39");
        RawMessage forged = await GetAsync(reader, "KV_SCOUT_NODES", "$KV.SCOUT_NODES.good39", static one => one.Headers.Contains("yNats-Stream", StringComparison.Ordinal));
        // Counted alone, its streams are right.
        Assert.Single(Headers(forged), static header => header.Key == "Nats-Stream");
        Assert.Null(Word(forged));
        Assert.False(Counts(forged, EventDelivery.DirectGet));

        const string subject = "scout.event.good39.disk.state";
        await SteerAsync(State("good39", "disk", 9, "OK"), subject);
        RawMessage stored = await GetAsync(reader, "SCOUT_EVENTS", subject, static one => one.Body.Length > 0);
        Assert.Single(Headers(stored), static header => header.Key == "Nats-Stream");
        Assert.Equal(EventVerdict.Steered, Judge(new EventReaderRules(), stored, EventDelivery.DirectGet, subject));

        byte[] fault = MeshFaultEvent.Write(Guid.Empty, "hub", Fault("f-393939", "good39"));
        await SteerAsync(Encoding.UTF8.GetString(fault), "scout.mesh.fault.f-393939");
        RawMessage told = await GetAsync(reader, "SCOUT_FAULTS", "scout.mesh.fault.f-393939", static one => one.Body.Length > 0);
        Assert.False(MeshFaultEvent.TryRead("scout.mesh.fault.f-393939", Headers(told), Encoding.UTF8.GetBytes(told.Body), EventDelivery.DirectGet, out _, out string? why));
        Assert.Contains("copied here", why, StringComparison.Ordinal);
    }

    private Task<RawLogin> NodeAsync(string name) => server.ConnectAsync(server.Login(ScoutRole.Node, name, "web"));

    private async Task<RawLogin> ReaderAsync(string subject)
    {
        RawLogin reader = await server.ConnectAsync(server.Login(ScoutRole.Viewer, string.Create(CultureInfo.InvariantCulture, $"bob{subject.Length}")));
        await reader.SubscribeAsync(subject);
        await reader.SyncAsync();
        return reader;
    }
}
