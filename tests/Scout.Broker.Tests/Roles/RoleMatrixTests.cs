using System.Text;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Roles;

/// <summary>Attack row 4 of the security contract: every cell, allowed and denied, publish and subscribe, against a real nats-server.</summary>
[Collection(RoleServerCollection.Name)]
[Trait("attack", "4")]
[Trait("attack", "6")]
[Trait("attack", "A7")]
public sealed class RoleMatrixTests(RoleServer server)
{
    [Theory]
    [InlineData(ScoutRole.Node, "web1", "web")]
    [InlineData(ScoutRole.Viewer, "bob")]
    [InlineData(ScoutRole.Operator, "olga")]
    [InlineData(ScoutRole.Deployer, "dora")]
    [InlineData(ScoutRole.Provisioner, "provisioner")]
    [InlineData(ScoutRole.ProvisionerEnrol, "provisioner-enrol")]
    [InlineData(ScoutRole.Admin, "ada@example.org")]
    [InlineData(ScoutRole.Broker, "broker")]
    [InlineData(ScoutRole.Gateway, "gw1")]
    [InlineData(ScoutRole.Enroll, "token-1")]
    [InlineData(ScoutRole.Recover, "web1")]
    public async Task Every_cell_is_as_in_the_table(ScoutRole role, string name, params string[] groups)
    {
        server.Need();
        using NKeyPair other = NKeyPair.Create(NKeyType.User);
        RoleLogin login = server.Login(role, name, groups);
        await using RawLogin line = await server.ConnectAsync(login);
        RoleCell[] cells = [.. RoleTable.Cells(role, login.Key.PublicKey, other.PublicKey)];
        string[] wrong = [.. await WrongAsync(line, cells, publish: true), .. await WrongAsync(line, cells, publish: false)];
        Assert.True(wrong.Length == 0, $"{wrong.Length} of {cells.Length} cells:\n" + string.Join('\n', wrong));
        Assert.Contains(cells, static cell => cell.Allowed);
        Assert.False(line.Closed);
    }

    [Fact]
    public async Task A_node_without_groups_hears_and_reads_no_group()
    {
        server.Need();
        await using RawLogin line = await server.ConnectAsync(server.Login(ScoutRole.Node, "lone"));
        await line.SendAsync("SUB scout.rpc.group.web.* 1\r\nSUB scout.rpc.group.*.* 2\r\nSUB scout.rpc.group..* 3\r\nSUB scout.config.group.web.* 4\r\nSUB scout.rpc.node.lone.* 5\r\n");
        IReadOnlyList<string> errors = await line.SyncAsync();
        Assert.Equal(4, errors.Count);
        Assert.DoesNotContain(errors, static error => error.Contains("node.lone", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_subscription_in_a_queue_group_needs_the_same_right()
    {
        server.Need();
        await using RawLogin line = await server.ConnectAsync(server.Login(ScoutRole.Node, "web1", "web"));
        await line.SendAsync("SUB scout.event.> workers 1\r\nSUB scout.roster.> workers 2\r\n");
        Assert.Contains("scout.event.>", Assert.Single(await line.SyncAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bounds_of_subscriptions_and_payload_hold()
    {
        server.Need();
        await using RawLogin node = await server.ConnectAsync(server.Login(ScoutRole.Node, "web1"));
        for (int i = 0; i < 70; i++) await node.SubscribeAsync($"_INBOX.web1.{i}");
        IReadOnlyList<string> errors = await node.SyncAsync();
        Assert.Equal(6, errors.Count);
        Assert.All(errors, static error => Assert.Contains("maximum subscriptions exceeded", error, StringComparison.OrdinalIgnoreCase));
        await using RawLogin token = await server.ConnectAsync(server.Login(ScoutRole.Enroll, "token-1"));
        await token.SendAsync($"PUB scout.enroll.{token.Key} {(16 * 1024) + 1}\r\n");
        Assert.Contains(await token.EndAsync(), static error => error.Contains("Maximum Payload", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>All at once, then one round trip: what is denied has come back as an error by its end.</summary>
    private static async Task<IEnumerable<string>> WrongAsync(RawLogin line, RoleCell[] all, bool publish)
    {
        RoleCell[] cells = [.. all.Where(cell => cell.Publish == publish)];
        var text = new StringBuilder();
        for (int i = 0; i < cells.Length; i++) text.Append(publish ? RawLogin.Publish(cells[i].Subject) : $"SUB {cells[i].Subject} m{i}\r\nUNSUB m{i}\r\n");
        await line.SendAsync(text.ToString());
        IReadOnlyList<string> errors = await line.SyncAsync();
        string verb = publish ? "Publish" : "Subscription";
        HashSet<string> denied = [.. errors.Select(error => Subject(error, verb)).OfType<string>()];
        Assert.Equal(errors.Count, denied.Count);
        return cells.Where(cell => denied.Contains(cell.Subject) == cell.Allowed).Select(cell => $"{RoleNames.Word(cell.Role)} {verb} {cell.Subject}: {(cell.Allowed ? "denied" : "allowed")}");
    }

    private static string? Subject(string error, string verb)
    {
        string begin = $"Permissions Violation for {verb} to \"";
        if (!error.StartsWith(begin, StringComparison.OrdinalIgnoreCase)) return null;
        return error[begin.Length..error.IndexOf('"', begin.Length)];
    }
}
