using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>Definitions that change, break and are mended while the node runs.</summary>
[Trait("fault", "R11")]
public sealed class ReloadTests
{
    [Fact]
    public async Task Only_the_machine_of_a_changed_file_is_touched_and_a_broken_file_keeps_its_last_good_version()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("one.yaml", Check("one", "first")).Define("two.yaml", Check("two", "second"));
        await node.StartAsync();
        await node.ReachesAsync("one", "OK");
        await node.ReachesAsync("two", "OK");
        Assert.Equal(0, (await node.ScoutAsync("maintenance", "start", "web1/one", "--for", "1h", "--reason", "kept")).ExitCode);
        JsonElement twoBefore = await Row(node, "two");

        node.Define("one.yaml", Check("one", "first, changed"));
        await Until.TrueAsync("the new digest", async () => (await Inspect(node, "one")).Contains("first, changed", StringComparison.Ordinal));
        JsonElement one = await Row(node, "one");
        Assert.Equal("MAINTENANCE", one.GetProperty("state").GetString());
        Assert.Equal("kept", one.GetProperty("maintenance").GetProperty("reason").GetString());

        node.Define("one.yaml", Check("one", "broken").Replace("interval:", "intervall:", StringComparison.Ordinal));
        await Until.TrueAsync("the error is said", async () => (await Row(node, "one")).GetProperty("definition_error").ValueKind == JsonValueKind.String);
        string error = (await Row(node, "one")).GetProperty("definition_error").GetString()!;
        Assert.Contains("one.yaml:", error, StringComparison.Ordinal);
        Assert.Contains("unknown_key", error, StringComparison.Ordinal);
        Assert.Contains("first, changed", await Inspect(node, "one"), StringComparison.Ordinal);

        node.Define("one.yaml", Check("one", "mended"));
        await Until.TrueAsync("it is mended", async () => (await Row(node, "one")).GetProperty("definition_error").ValueKind == JsonValueKind.Null);

        JsonElement two = await Row(node, "two");
        Assert.Equal(twoBefore.GetProperty("since").GetString(), two.GetProperty("since").GetString());
        Assert.Equal(twoBefore.GetProperty("last_result").ToString(), two.GetProperty("last_result").ToString());

        File.Delete(Path.Combine(node.Machines, "two.yaml"));
        await Until.TrueAsync("two is gone", async () => (await node.ScoutAsync("status", "web1/two")).ExitCode == 4);
    }

    [Fact]
    public async Task A_choria_machine_runs_unmodified()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        string asWritten = """
            # a disk check as choria-scout deployed it
            name: "check_disk"
            version: 1.0.0
            initial_state: UNKNOWN
            splay_start: 1
            transitions:
              - name: UNKNOWN
                from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
                destination: UNKNOWN
              - name: OK
                from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
                destination: OK
              - name: WARNING
                from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
                destination: WARNING
              - name: CRITICAL
                from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
                destination: CRITICAL
              - name: MAINTENANCE
                from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
                destination: MAINTENANCE
              - name: RESUME
                from: [MAINTENANCE]
                destination: UNKNOWN
              - name: FORCE_CHECK
                from: [UNKNOWN, OK, WARNING, CRITICAL]
                destination: FORCE_CHECK
            watchers:
              - name: check
                type: nagios
                interval: 1m
                state_match: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
                properties:
                  plugin: "/bin/echo 'DISK OK - free space|/=14MB;20;30;0;40'"
                  timeout: 10s
            """;
        node.Define("check_disk/machine.yaml", asWritten);
        await node.StartAsync();
        await node.ReachesAsync("check_disk", "OK");
        CommandResult check = await node.ScoutAsync("check", "web1/check_disk", "-o", "json");
        Assert.True(check.ExitCode == 0, check.ToString());
        Assert.Equal("OK", check.Json()[0].GetProperty("to").GetString());
        Assert.Equal(asWritten, await File.ReadAllTextAsync(Path.Combine(node.Machines, "check_disk", "machine.yaml")));
    }

    [Fact]
    public async Task A_repeated_request_gets_the_result_and_runs_nothing_twice()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("count.yaml", $"checks:\n  - {{ name: count, plugin: [/bin/sh, -c, 'echo run >> {folder.File("runs")}; echo fine'], interval: 1h, splay: 1h }}\n");
        await node.StartAsync();
        using var client = new SocketClient(node.Socket);
        string[] results = new string[2];
        for (int i = 0; i < 2; i++)
        {
            JsonElement reply = (await client.AskAsync("check", """{"machines":["count"],"wait_ms":5000}""", "01a1fb93-4685-7a0f-95f5-5c94ec7de222"))!.Value;
            results[i] = reply.GetProperty("results")[0].ToString();
            Assert.Equal("ok", reply.GetProperty("code").GetString());
        }

        Assert.Equal(results[0], results[1]);
        Assert.Single(await File.ReadAllLinesAsync(folder.File("runs")));
    }

    private static string Check(string name, string text) => $"""
        checks:
          - name: {name}
            plugin: [/bin/echo, "{text}"]
            interval: 1h
            splay: 0
        """;

    private static async Task<JsonElement> Row(ScoutNode node, string machine)
    {
        CommandResult status = await node.ScoutAsync("status", $"web1/{machine}", "-o", "json");
        Assert.True(status.ExitCode == 0, status.ToString());
        return status.Json()[0];
    }

    private static async Task<string> Inspect(ScoutNode node, string machine) => (await node.ScoutAsync("inspect", $"web1/{machine}", "-o", "json")).Stdout;
}
