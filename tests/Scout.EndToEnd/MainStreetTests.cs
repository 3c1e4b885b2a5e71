using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>The main job, as a user does it: broker, nodes, commands, events.</summary>
public sealed class MainStreetTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private ScoutBroker broker = null!;
    private ScoutNode web = null!;
    private ScoutNode db = null!;

    private Dictionary<string, string> Environment => new() { ["SCOUT_BROKER"] = broker.Url };

    public async ValueTask InitializeAsync()
    {
        broker = await ScoutBroker.StartAsync(folder);
        web = ScoutNode.Create(folder, "web1", broker.Url, "labels: { role: web }\n");
        db = ScoutNode.Create(folder, "db1", broker.Url, "labels: { role: db }\n");
        foreach (ScoutNode node in (ScoutNode[])[web, db])
        {
            File.WriteAllText(folder.File($"{node.Name}/flag"), "0 all well|things=3;5;9");
            node.Define("checks.yaml", $"""
                checks:
                  - name: flag
                    plugin: [/bin/sh, -c, 'read -r code text < {folder.File($"{node.Name}/flag")}; echo "$text"; exit $code']
                    interval: 1h
                    splay: 0
                    labels: {"{"} team: storage {"}"}
                  - name: beat
                    builtin: heartbeat
                    interval: 1s
                    events: all
                """);
            await node.StartAsync();
        }

        await Until.TrueAsync("both nodes in the roster and checked", async () =>
        {
            CommandResult status = await Scout("status", "*/flag", "-o", "json");
            return status.ExitCode == 0 && status.Json().EnumerateArray().Count(row => row.GetProperty("state").GetString() == "OK") == 2;
        });
    }

    [Fact]
    public async Task A_broken_thing_is_found_by_a_forced_check_and_told_to_the_fleet()
    {
        File.WriteAllText(folder.File("web1/flag"), "2 it is broken|things=12;5;9");
        CommandResult check = await Scout("check", "web1/flag", "-o", "json");
        Assert.True(check.ExitCode == 0, check.ToString());
        JsonElement row = Assert.Single(check.Json().EnumerateArray());
        Assert.Equal("OK", row.GetProperty("from").GetString());
        Assert.Equal("CRITICAL", row.GetProperty("to").GetString());
        Assert.Contains("it is broken", row.GetProperty("output").GetString(), StringComparison.Ordinal);

        CommandResult nagios = await Scout("check", "web1/flag", "--nagios");
        Assert.Equal(2, nagios.ExitCode);

        CommandResult critical = await Scout("status", "--state", "CRITICAL", "-o", "json");
        JsonElement only = Assert.Single(critical.Json().EnumerateArray());
        Assert.Equal("web1", only.GetProperty("node").GetString());
        Assert.Equal("flag", only.GetProperty("machine").GetString());
        Assert.True(only.TryGetProperty("since", out _));

        await Until.TrueAsync("the transition in the stream", async () =>
        {
            CommandResult events = await Scout("events", "web1/flag", "--kind", "transition", "-o", "jsonl");
            return events.ExitCode == 0 && events.JsonLines().Any(line =>
                line.GetProperty("specversion").GetString() == "1.0"
                && line.GetProperty("source").GetString() == "/scout/node/web1"
                && line.GetProperty("data").GetProperty("to").GetString() == "CRITICAL");
        });
    }

    [Fact]
    public async Task Maintenance_has_a_reason_and_an_end_and_refuses_checks()
    {
        CommandResult start = await Scout("maintenance", "start", "db1/flag", "--for", "2h", "--reason", "swap the disks", "-o", "json");
        Assert.True(start.ExitCode == 0, start.ToString());
        Assert.Equal("MAINTENANCE", start.Json()[0].GetProperty("to").GetString());

        CommandResult refused = await Scout("check", "db1/flag", "-o", "json");
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal("not_allowed", refused.Json()[0].GetProperty("code").GetString());
        Assert.Contains("swap the disks", refused.Json()[0].GetProperty("message").GetString(), StringComparison.Ordinal);

        CommandResult list = await Scout("maintenance", "ls", "-o", "json");
        Assert.Equal("swap the disks", Assert.Single(list.Json().EnumerateArray()).GetProperty("reason").GetString());

        CommandResult resume = await Scout("resume", "db1/flag", "-o", "json");
        Assert.Equal("UNKNOWN", resume.Json()[0].GetProperty("to").GetString());
        CommandResult check = await Scout("check", "db1/flag", "-o", "json");
        Assert.Equal("OK", check.Json()[0].GetProperty("to").GetString());
    }

    [Fact]
    public async Task An_acknowledgement_is_kept_until_all_is_well()
    {
        File.WriteAllText(folder.File("db1/flag"), "1 hm");
        Assert.Equal(0, (await Scout("check", "db1/flag")).ExitCode);
        CommandResult ack = await Scout("ack", "db1/flag", "--reason", "ticket 4711", "-o", "json");
        Assert.True(ack.ExitCode == 0, ack.ToString());
        JsonElement row = (await Scout("status", "db1/flag", "-o", "json")).Json()[0];
        Assert.Equal("ticket 4711", row.GetProperty("acknowledged").GetProperty("reason").GetString());

        File.WriteAllText(folder.File("db1/flag"), "0 well again");
        Assert.Equal(0, (await Scout("check", "db1/flag")).ExitCode);
        row = (await Scout("status", "db1/flag", "-o", "json")).Json()[0];
        Assert.Equal(JsonValueKind.Null, row.GetProperty("acknowledged").ValueKind);
    }

    [Fact]
    public async Task A_person_cannot_talk_a_check_into_a_state()
    {
        CommandResult refused = await Scout("transition", "web1/flag", "OK", "-o", "json");
        Assert.Equal(1, refused.ExitCode);
        JsonElement row = refused.Json()[0];
        Assert.Equal("not_allowed", row.GetProperty("code").GetString());
        Assert.Contains("MAINTENANCE", row.GetProperty("allowed").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task An_unknown_target_is_named_and_ends_with_4()
    {
        CommandResult unknown = await Scout("status", "web9/disk");
        Assert.Equal(4, unknown.ExitCode);
        Assert.Contains("web9", unknown.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_down_is_named_with_its_last_words_and_ends_with_5()
    {
        await Until.TrueAsync("its state in the stream", async () =>
        {
            CommandResult events = await Scout("events", "db1/flag", "--kind", "state", "-o", "jsonl");
            return events.ExitCode == 0 && events.JsonLines().Any(line => line.GetProperty("data").GetProperty("state").GetString() == "OK");
        });
        await db.KillAsync();
        CommandResult status = await Scout("status", "*/flag", "-o", "json", "--timeout", "2s");
        Assert.Equal(5, status.ExitCode);
        Assert.Contains("db1", status.Stderr, StringComparison.Ordinal);
        JsonElement stale = Assert.Single(status.Json().EnumerateArray(), row => row.GetProperty("node").GetString() == "db1");
        Assert.True(stale.GetProperty("stale").GetBoolean());
        Assert.Equal("OK", stale.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Mutating_many_targets_without_a_terminal_needs_yes()
    {
        CommandResult many = await Scout("maintenance", "start", "*/flag", "--for", "1h");
        Assert.Equal(2, many.ExitCode);
        Assert.Contains("2", many.Stderr, StringComparison.Ordinal);
        Assert.Contains("--yes", many.Stderr, StringComparison.Ordinal);
        CommandResult yes = await Scout("maintenance", "start", "*/flag", "--for", "1h", "--yes", "-o", "json");
        Assert.True(yes.ExitCode == 0, yes.ToString());
        Assert.Equal(2, yes.Json().GetArrayLength());
    }

    [Fact]
    public async Task A_node_can_be_operated_by_its_socket_when_the_broker_is_gone()
    {
        await broker.StopAsync();
        CommandResult check = await web.ScoutAsync("check", "web1/flag", "-o", "json");
        Assert.True(check.ExitCode == 0, check.ToString());
        Assert.Equal("OK", check.Json()[0].GetProperty("to").GetString());
        CommandResult broken = await Scout("status");
        Assert.Equal(3, broken.ExitCode);
        Assert.Contains(broker.Url["nats://".Length..], broken.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_node_says_goodbye_and_ends_with_0()
    {
        Assert.Equal(0, await web.StopAsync());
        Assert.Contains("scout_up{node=\"web1\"} 0", await File.ReadAllTextAsync(web.Textfile), StringComparison.Ordinal);
        Assert.False(File.Exists(web.Socket));
    }

    public async ValueTask DisposeAsync()
    {
        await web.DisposeAsync();
        await db.DisposeAsync();
        await broker.DisposeAsync();
        folder.Dispose();
    }

    private Task<CommandResult> Scout(params string[] arguments) => ScoutExecutable.RunAsync(arguments, Environment);
}
