using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Roles;

/// <summary>Attack rows 3 and 7: logins that are none, and answers that nobody asked for.</summary>
[Collection(RoleServerCollection.Name)]
[Trait("attack", "3")]
[Trait("attack", "5")]
[Trait("attack", "7")]
[Trait("attack", "38")]
[Trait("attack", "A7")]
public sealed class LoginAttackTests(RoleServer server)
{
    [Fact]
    public async Task A_good_login_gets_in()
    {
        server.Need();
        await using RawLogin line = await server.ConnectAsync(server.Login(ScoutRole.Viewer, "bob"));
        Assert.False(line.Closed);
    }

    [Fact]
    public async Task A_jwt_without_its_seed_is_worth_nothing()
    {
        server.Need();
        using NKeyPair thief = NKeyPair.Create(NKeyType.User);
        await RefusedAsync(server.Login(ScoutRole.Admin, "ada"), thief);
    }

    [Fact]
    public async Task An_expired_jwt_is_refused()
    {
        server.Need();
        await RefusedAsync(server.Login(ScoutRole.Viewer, "bob", [], TimeProvider.System.GetUtcNow().AddSeconds(-2), null));
    }

    [Fact]
    public async Task A_scoped_jwt_that_asks_for_permissions_of_its_own_is_refused()
    {
        server.Need();
        await RefusedAsync(server.Login(ScoutRole.Viewer, "bob", [], null, new NatsUserPermissions { Publish = new NatsSubjectPermissions { Allow = [">"] } }));
    }

    [Fact]
    public async Task A_jwt_of_a_key_that_the_account_does_not_name_is_refused()
    {
        server.Need();
        using NKeyPair unknown = NKeyPair.Create(NKeyType.Account);
        await RefusedAsync(server.Login(ScoutRole.Admin, "ada", [], null, null, unknown));
    }

    [Fact]
    public async Task The_key_of_a_role_in_one_account_signs_nobody_into_the_other()
    {
        server.Need();
        await RefusedAsync(server.Login(ScoutRole.Viewer, "bob", [], null, null, server.Signer(ScoutRole.Enroll)));
    }

    [Fact]
    public async Task A_name_is_no_way_to_more_than_one_token()
    {
        server.Need();
        // Names the broker never signs: whoever holds the key of the role could. None of these but the bare wildcard opens anything, and that one no room signs or reads.
        foreach (string name in (string[])[">", "a.>", "web1.x", "", " "])
        {
            await using RawLogin line = await RawLogin.ConnectAsync(server.Server.Port, server.Login(ScoutRole.Node, name));
            if (line.Closed) continue;
            await line.PublishAsync("scout.event.db1.disk.state");
            await line.SendAsync("SUB scout.rpc.node.db1.* 1\r\n");
            Assert.Equal(2, (await line.SyncAsync()).Count);
        }
    }

    [Fact]
    public async Task A_node_answers_where_its_own_name_stands_and_nowhere_else()
    {
        server.Need();
        await using RawLogin asker = await server.ConnectAsync(server.Login(ScoutRole.Viewer, "bob"));
        await using RawLogin node = await server.ConnectAsync(server.Login(ScoutRole.Node, "web1", "web"));
        await node.SubscribeAsync("scout.rpc.node.web1.*");
        await node.SyncAsync();
        await asker.SubscribeAsync($"_INBOX.{asker.Key}.>");
        string inbox = Scout.Protocol.Subjects.Answer("_INBOX." + asker.Key, "web1", "random", 0);
        await asker.PublishAsync("scout.rpc.node.web1.ping", "{}", inbox);
        RawMessage request = await node.TakeAsync(static one => one.Subject == "scout.rpc.node.web1.ping");
        Assert.Equal(inbox, request.Reply);
        await node.PublishAsync(inbox, "first");
        Assert.Empty(await node.SyncAsync());
        Assert.Equal("first", (await asker.TakeAsync(one => one.Subject == inbox)).Body);
        // Twice is its own name's shame: who asked tells of it. For another's it does not get through, nor where it was never asked.
        string[] others = [Scout.Protocol.Subjects.Answer("_INBOX." + asker.Key, "db1", "random", 0), $"_INBOX.{asker.Key}.2", $"_INBOX.{asker.Key}.random.web1", "_INBOX.db1.x"];
        foreach (string other in others) await node.PublishAsync(other, "forged");
        Assert.Equal(others.Length, (await node.SyncAsync()).Count);
        await asker.SyncAsync();
        Assert.Empty(asker.Messages);
    }

    [Theory]
    [InlineData("$JS.API.STREAM.PURGE.KV_SCOUT_NODES")]
    [InlineData("$JS.API.STREAM.DELETE.SCOUT_EVENTS")]
    [InlineData("$JS.API.STREAM.NAMES")]
    [InlineData("$KV.SCOUT_NODES.db1")]
    [InlineData("scout.event.db1.disk.state")]
    [InlineData("scout.rpc.node.db1.maintenance")]
    [InlineData("_INBOX.db1.guessed")]
    public async Task Row_38_somebody_who_may_ask_opens_no_subject_to_a_node_that_is_in_league_with_him(string place)
    {
        server.Need();
        await using RawLogin viewer = await server.ConnectAsync(server.Login(ScoutRole.Viewer, "mallory"));
        await using RawLogin node = await server.ConnectAsync(server.Login(ScoutRole.Node, "evil38"));
        await node.SubscribeAsync("scout.rpc.node.evil38.*");
        await node.SyncAsync();
        // With the server's right to answer, the node might publish there now, once.
        await viewer.PublishAsync("scout.rpc.node.evil38.ping", "{}", place);
        Assert.Equal(place, (await node.TakeAsync(static one => one.Subject == "scout.rpc.node.evil38.ping")).Reply);
        await node.PublishAsync(place);
        Assert.Contains("Permissions Violation for Publish", Assert.Single(await node.SyncAsync()), StringComparison.OrdinalIgnoreCase);
    }

    private async Task RefusedAsync(RoleLogin login, NKeyPair? seed = null)
    {
        IReadOnlyList<string> errors = await RawLogin.RefusedAsync(server.Server.Port, login, seed);
        Assert.Equal("Authorization Violation", Assert.Single(errors));
    }
}
