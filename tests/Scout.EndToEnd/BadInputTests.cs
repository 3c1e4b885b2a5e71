using System.Net;
using System.Net.Sockets;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>What goes wrong says where, what, and how to mend it, with the right exit code.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("checks:\n  - name: [\n", "yaml_syntax")]
    [InlineData("checks:\n  - name: disk\n    plugin: /bin/true\n    atempts: 3\n", "bad.yaml:4:5: error unknown_key", "did you mean 'attempts'?")]
    [InlineData("checks:\n  - { name: a, plugin: /bin/true }\n  - { name: a, plugin: /bin/true }\n", "bad.yaml:3:13: error duplicate_name")]
    [InlineData("checks:\n  - { name: a, plugin: /bin/true, interval: 5 }\n", "bad_duration", "5s")]
    [InlineData("checks:\n  - { name: a, traffic: { host: x } }\n", "unknown_key")]
    [InlineData("name: m\nversion: 1.0.0\ninitial_state: A\ntransitions:\n  - { name: go, from: [B], destination: A }\nwatchers:\n  - { name: w, type: timer }\n", "unreachable_transition", "B")]
    public async Task A_bad_definition_is_refused_with_its_place(string yaml, params string[] said)
    {
        using var folder = new TempFolder();
        folder.Write("bad.yaml", yaml);
        CommandResult lint = await ScoutExecutable.RunAsync(["machine", "lint", "bad.yaml"], directory: folder.Path);
        Assert.Equal(1, lint.ExitCode);
        Assert.All(said, text => Assert.Contains(text, lint.Stdout + lint.Stderr, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_was_never_good_is_listed_and_the_others_run()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("bad.yaml", "checks:\n  - { name: a, plugin: /bin/true, intervall: 1m }\n").Define("good.yaml", "checks:\n  - { name: good, plugin: /bin/true, splay: 0 }\n");
        await node.StartAsync();
        Assert.Contains("1 file refused", node.Process.Output, StringComparison.Ordinal);
        Assert.Contains("bad.yaml:2:", node.Process.Output, StringComparison.Ordinal);
        await node.ReachesAsync("good", "OK");
    }

    [Theory]
    [InlineData("/nonexistent/plugin", "there is no such file (ENOENT)")]
    [InlineData("[/etc]", "spawn")]
    [InlineData("[/etc/passwd]", "chmod ")]
    [InlineData("[/bin/sleep, '60']", "timeout")]
    [InlineData("[/bin/sh, -c, 'kill -SEGV $$']", "signal")]
    [InlineData("[/bin/sh, -c, 'exit 7']", "bad_exit")]
    [InlineData("[/bin/sh, -c, 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done']", "output_limit")]
    public async Task A_plugin_that_cannot_do_its_work_is_unknown_with_a_reason(string plugin, string reason)
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("check.yaml", $"checks:\n  - {{ name: it, plugin: {plugin}, timeout: 1s, interval: 1h, splay: 0 }}\n  - {{ name: other, plugin: /bin/true, splay: 0 }}\n");
        await node.StartAsync();
        await node.ReachesAsync("other", "OK");
        CommandResult check = await node.ScoutAsync("check", "web1/it", "-o", "json");
        Assert.True(check.ExitCode == 0, check.ToString());
        Assert.Equal("UNKNOWN", check.Json()[0].GetProperty("to").GetString());
        Assert.Contains(reason, check.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_that_nothing_leads_to_is_a_warning_that_strict_makes_an_error()
    {
        using var folder = new TempFolder();
        folder.Write("m.yaml", "name: m\nversion: 1.0.0\ninitial_state: A\ntransitions:\n  - { name: go, from: [A, GHOST], destination: B }\nwatchers:\n  - { name: w, type: timer }\n");
        CommandResult lint = await ScoutExecutable.RunAsync(["machine", "lint", "m.yaml"], directory: folder.Path);
        Assert.Equal(0, lint.ExitCode);
        Assert.Contains("m.yaml:5:27: warning unreachable_state: nothing leads to the state 'GHOST'", lint.Stdout, StringComparison.Ordinal);
        Assert.Equal(1, (await ScoutExecutable.RunAsync(["machine", "lint", "--strict", "m.yaml"], directory: folder.Path)).ExitCode);
    }

    [Fact]
    public async Task What_does_not_exist_is_named_and_what_is_refused_says_what_is_allowed()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("check.yaml", "checks:\n  - { name: disk, builtin: heartbeat, interval: 1h, splay: 0 }\n");
        await node.StartAsync();
        await node.ReachesAsync("disk", "OK");
        CommandResult unknown = await node.ScoutAsync("check", "web2/disk");
        Assert.Equal(4, unknown.ExitCode);
        Assert.Contains("web2", unknown.Stderr, StringComparison.Ordinal);
        CommandResult machine = await node.ScoutAsync("check", "web1/dsk");
        Assert.Equal(4, machine.ExitCode);
        Assert.Contains("web1/dsk", machine.Stderr, StringComparison.Ordinal);
        CommandResult refused = await node.ScoutAsync("transition", "web1/disk", "RESUME");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("not_allowed", refused.Stdout, StringComparison.Ordinal);
        Assert.Contains("FORCE_CHECK", refused.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Perfdata_without_a_value_ends_nothing()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("check.yaml", "checks:\n  - { name: it, plugin: [/bin/echo, 'fine|x=U'], interval: 1h, splay: 0 }\n");
        await node.StartAsync();
        await node.ReachesAsync("it", "OK");
    }

    [Fact]
    public async Task Without_a_broker_the_command_line_says_what_to_do()
    {
        CommandResult status = await ScoutExecutable.RunAsync(["status", "--broker", $"nats://127.0.0.1:{ScoutExecutable.FreePort()}", "--timeout", "1s"]);
        Assert.Equal(3, status.ExitCode);
        Assert.Contains("scout: error:", status.Stderr, StringComparison.Ordinal);
        Assert.Contains("hint:", status.Stderr, StringComparison.Ordinal);
        Assert.Empty(status.Stdout);
    }

    [Fact]
    public async Task An_unknown_command_or_option_is_a_usage_error()
    {
        Assert.Equal(2, (await ScoutExecutable.RunAsync(["statsu"])).ExitCode);
        Assert.Equal(2, (await ScoutExecutable.RunAsync(["status", "--nonsense"])).ExitCode);
        Assert.Equal(2, (await ScoutExecutable.RunAsync(["server", "run", "--node", "NOT A NAME"])).ExitCode);
    }

    [Theory]
    [InlineData("0.0.0.0:4222")]
    [InlineData("192.0.2.1:4222")]
    public async Task A_development_broker_refuses_every_address_but_loopback(string listen)
    {
        using var folder = new TempFolder();
        CommandResult broker = await ScoutExecutable.RunAsync(["broker", "run", "--dev", "--data", folder.File("b"), "--listen", listen]);
        Assert.Equal(2, broker.ExitCode);
        Assert.Contains("scout broker init", broker.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var folder = new TempFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        CommandResult broker = await ScoutExecutable.RunAsync(["broker", "run", "--dev", "--data", folder.File("b"), "--listen", $"127.0.0.1:{port}"]);
        Assert.Equal(3, broker.ExitCode);
        Assert.Contains($"{port}", broker.Stderr, StringComparison.Ordinal);

        Directory.CreateDirectory(folder.File("machines"));
        CommandResult server = await ScoutExecutable.RunAsync(
            ["server", "run", "--node", "web1", "--machines", folder.File("machines"), "--data", folder.File("d"), "--http", $"127.0.0.1:{port}"]);
        Assert.Equal(3, server.ExitCode);
        Assert.Equal(
            $"scout: error: cannot listen on 127.0.0.1:{port} for metrics: Address already in use\nhint: another program has that port; give another with --http HOST:PORT, or --http off\n", server.Stderr);
    }

    [Fact]
    public async Task A_missing_nats_server_comes_with_the_install_command()
    {
        using var folder = new TempFolder();
        CommandResult broker = await ScoutExecutable.RunAsync(["broker", "run", "--dev", "--data", folder.File("b"), "--nats-server", folder.File("none")]);
        Assert.Equal(3, broker.ExitCode);
        Assert.Contains("apt-get install nats-server", broker.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_that_cannot_be_is_refused()
    {
        using var folder = new TempFolder();
        folder.Write("file", "not a folder");
        Directory.CreateDirectory(folder.File("machines"));
        CommandResult server = await ScoutExecutable.RunAsync(
            ["server", "run", "--node", "web1", "--machines", folder.File("machines"), "--data", folder.File("file/data"), "--http", "off"]);
        Assert.Equal(3, server.ExitCode);
        Assert.Contains("file/data", server.Stderr, StringComparison.Ordinal);

        // A file system where nobody may make anything, root neither.
        CommandResult unwritable = await ScoutExecutable.RunAsync(["server", "run", "--node", "web1", "--machines", folder.File("machines"), "--data", "/proc/scout", "--http", "off"]);
        Assert.Equal(3, unwritable.ExitCode);
        Assert.StartsWith("scout: error: data directory /proc/scout cannot be made: ", unwritable.Stderr, StringComparison.Ordinal);
        Assert.Contains("\nhint: make it for the server's user, or give another with --data\n", unwritable.Stderr, StringComparison.Ordinal);
        CommandResult textfile = await ScoutExecutable.RunAsync(
            ["server", "run", "--node", "web1", "--machines", folder.File("machines"), "--data", folder.File("d"), "--http", "off", "--textfile", "/proc/scout"]);
        Assert.Equal(3, textfile.ExitCode);
        Assert.StartsWith("scout: error: textfile: /proc/scout: cannot be made: ", textfile.Stderr, StringComparison.Ordinal);

        CommandResult missing = await ScoutExecutable.RunAsync(["server", "run", "--node", "web1", "--machines", folder.File("nowhere"), "--data", folder.File("d"), "--http", "off"]);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("nowhere", missing.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_servers_on_one_data_directory_are_one_too_many()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        await node.StartAsync();
        CommandResult second = await ScoutExecutable.RunAsync(["server", "run", "--node", "web1", "--machines", node.Machines, "--data", node.Data, "--http", "off"]);
        Assert.Equal(3, second.ExitCode);
        Assert.Equal(
            $"scout: error: data directory {node.Data} is in use by process {node.Process.Id}\nhint: stop that server, or give another directory with --data\n", second.Stderr);
    }

    [Fact]
    public async Task A_store_of_another_node_is_refused()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        await node.StartAsync();
        await node.StopAsync();
        CommandResult other = await ScoutExecutable.RunAsync(["server", "run", "--node", "web2", "--machines", node.Machines, "--data", node.Data, "--http", "off"]);
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("web1", other.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_portable_executor_is_taken_when_asked_for_and_says_so()
    {
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null, "executor: process\n");
        node.Define("check.yaml", "checks:\n  - { name: it, plugin: [/bin/echo, fine], interval: 1h, splay: 0 }\n");
        await node.StartAsync();
        await node.ReachesAsync("it", "OK");
        Assert.Contains("executor", node.Process.Output, StringComparison.Ordinal);
    }
}
