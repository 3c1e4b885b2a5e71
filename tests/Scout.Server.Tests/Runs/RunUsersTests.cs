using Scout.Server.Runs;

namespace Scout.Server.Tests.Runs;

/// <summary>Whom a definition may name. Closed unless the configuration opens it.</summary>
[Collection("node")]
public sealed class RunUsersTests
{
    [Fact]
    public void Without_a_word_of_the_configuration_nobody_may_be_named()
    {
        Assert.True(RunUsers.Nobody.TryFind(null, out var user, out _));
        Assert.Null(user);
        Assert.False(RunUsers.Nobody.TryFind("daemon", out _, out string problem));
        Assert.Contains("plugin_users", problem, StringComparison.Ordinal);
        Assert.True(RunUsers.Nobody.TryFind(Environment.UserName, out user, out _));
        Assert.Null(user);
        Assert.False(RunUsers.Nobody.ChangesUser);
    }

    [Fact]
    public void A_usual_user_is_whom_everything_runs_as_and_root_is_no_exception_that_a_definition_could_make()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("the server's own user is root here only for root");
        var users = RunUsers.Of("nobody", ["daemon"]);
        Assert.True(users.TryFind(null, out var user, out _));
        Assert.Equal("nobody", user?.Name);
        Assert.True(users.TryFind("daemon", out user, out _));
        Assert.Equal("daemon", user?.Name);
        Assert.False(users.TryFind("root", out _, out _));
        Assert.True(RunUsers.Of("nobody", ["root"]).TryFind("root", out user, out _));
        Assert.Null(user);
    }

    [Fact]
    public async Task A_node_runs_a_check_as_the_user_of_its_definition_when_the_configuration_lists_it()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("running as another user needs root");
        await using var node = new TestNode();
        File.SetUnixFileMode(node.Folder.Path, (UnixFileMode)0b111_101_101);
        string who = node.Plugin("who", "echo \"$(id -un) $(id -Gn)\"");
        File.SetUnixFileMode(who, (UnixFileMode)0b111_101_101);
        string config = node.Folder.Write("server.yaml", "plugin_users: [nobody]\n");
        node.Arguments = node.Arguments with { Config = config };
        node.Machines("who.yaml", $"checks:\n  - {{ name: own, plugin: {who}, splay: 0 }}\n  - {{ name: other, plugin: {who}, user: nobody, splay: 0 }}\n  - {{ name: stranger, plugin: {who}, user: daemon, splay: 0 }}\n");
        await node.StartAsync();
        await node.ReachesAsync("own", "OK");
        await node.ReachesAsync("other", "OK");
        Assert.StartsWith("root ", await OutputAsync(node, "own"), StringComparison.Ordinal);
        Assert.Equal("nobody nogroup", await OutputAsync(node, "other"));
        await Wait.UntilAsync(async () => (await OutputAsync(node, "stranger")).Contains("plugin_users", StringComparison.Ordinal), () => node.Log);
        Assert.Equal("UNKNOWN", await node.StateAsync("stranger"));
    }

    [Fact]
    public async Task A_user_that_does_not_exist_is_a_mistake_in_the_configuration()
    {
        await using var node = new TestNode();
        Directory.CreateDirectory(node.MachinesFolder);
        node.Arguments = node.Arguments with { Config = node.Folder.Write("server.yaml", "plugin_user: no-such-user\n") };
        Assert.Equal(2, await node.RunAsync());
        Assert.Contains("there is no user 'no-such-user' on this machine", node.Log, StringComparison.Ordinal);
    }

    private static async Task<string> OutputAsync(TestNode node, string machine)
    {
        var result = (await node.AskAsync("machine", $$"""{"machine":"{{machine}}"}""")).GetProperty("results")[0];
        return result.TryGetProperty("result", out var last) && last.ValueKind == System.Text.Json.JsonValueKind.Object ? last.GetProperty("output").GetString()! : "";
    }
}
