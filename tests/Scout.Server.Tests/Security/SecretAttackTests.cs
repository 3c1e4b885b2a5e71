using System.Text;

namespace Scout.Server.Tests.Security;

/// <summary>A planted secret is searched in everything that leaves a node (reliability.md A10, security.md row 36).</summary>
[Collection("node")]
[Trait("attack", "36")]
[Trait("attack", "A10")]
public sealed class SecretAttackTests
{
    private const string Marker = "planted-marker-4711";
    private const string InOption = "planted-option-4712";

    [Fact]
    public async Task A_secret_of_a_definition_is_in_no_log_event_file_metric_or_answer()
    {
        await using var node = new TestNode();
        string leak = node.Plugin("leak", "echo \"login with $DB_PASSWORD failed\"; echo \"$DB_PASSWORD\" >&2; touch \"$0.ran\"; exit 1");
        string check = node.Plugin("check", "exit 0");
        node.Machines("leak/machine.yaml", $"""
            name: leaky
            version: 1.0.0
            initial_state: UP
            transitions:
              - {"{"} name: fail, from: [UP], destination: DOWN {"}"}
              - {"{"} name: back, from: [DOWN], destination: UP {"}"}
            watchers:
              - name: run
                type: exec
                state_match: [UP]
                fail_transition: fail
                properties:
                  command: [{leak}, --token, {InOption}]
                  environment: ["DB_PASSWORD={Marker}"]
            """);
        node.Machines("check.yaml", $"checks:\n  - name: db\n    plugin: {check} --password={InOption}\n    splay: 0\n    events: all\n");
        node.Environment2["SCOUT_LOG_LEVEL"] = "debug";
        Directory.CreateDirectory(node.TextfileFolder);
        await node.StartAsync();
        await node.ReachesAsync("leaky", "DOWN");
        await node.ReachesAsync("db", "OK");
        // The state is known before it is on disk, from where history is read.
        const string all = """{"kinds":["transition","check","state","watcher","audit"]}""";
        await Wait.UntilAsync(async () => (await node.AskAsync("history", all)).ToString().Contains("login with (hidden) failed", StringComparison.Ordinal), () => node.Log);
        var seen = new StringBuilder();
        foreach ((string action, string args) in ((string, string)[])[("machines", "{}"), ("machine", """{"machine":"leaky"}"""), ("machine", """{"machine":"db"}"""), ("facts", "{}"), ("history", all)])
            seen.Append(await node.AskAsync(action, args)).Append('\n');
        seen.Append(await node.GetAsync("/metrics"));
        Assert.Equal(0, await node.StopAsync());
        seen.Append(node.Textfile).Append(node.Log);
        foreach (string file in Directory.EnumerateFiles(node.DataFolder, "*", SearchOption.AllDirectories)) seen.Append(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));
        Assert.True(File.Exists(leak + ".ran"), "the command never ran: nothing was tried");
        Assert.DoesNotContain(Marker, seen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(InOption, seen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plugin_gets_none_of_the_servers_variables()
    {
        await using var node = new TestNode();
        string show = node.Plugin("show", $"cat /proc/self/environ >{node.Folder.File("environ")}; exit 0");
        node.Machines("a.yaml", $"checks:\n  - {{ name: it, plugin: {show}, splay: 0 }}\n");
        foreach (string name in (string[])["SCOUT_ENROLL_TOKEN", "SCOUT_CREDS", "NOTIFY_SOCKET", "AWS_SECRET_ACCESS_KEY"]) node.Environment2[name] = Marker;
        await node.StartAsync();
        await node.ReachesAsync("it", "OK");
        Assert.DoesNotContain(Marker, await File.ReadAllTextAsync(node.Folder.File("environ")), StringComparison.Ordinal);
    }
}
