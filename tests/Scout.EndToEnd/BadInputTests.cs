using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Scout.Testing;
using Scout.Testing.Processes;

namespace Scout.EndToEnd;

/// <summary>What goes wrong says where, what, and how to mend it, with the right exit code.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("checks:\n  - name: [\n", "bad.yaml:3:1: error yaml_syntax: a value is missing here\n    hint: write it, or close a '[' or '{' before this place\n")]
    [InlineData("checks:\n  - name: disk\n    plugin: /bin/true\n    atempts: 3\n", "bad.yaml:4:5: error unknown_key: 'atempts' is not a key of a check\n    hint: did you mean 'attempts'?\n")]
    [InlineData("checks:\n  - { name: a, plugin: /bin/true }\n  - { name: a, plugin: /bin/true }\n", "bad.yaml:3:13: error duplicate_name: the check 'a' a second time\n    hint: the first one stands at 2:13\n")]
    [InlineData("checks:\n  - { name: a, plugin: /bin/true, interval: 5 }\n", "bad.yaml:2:45: error bad_duration: 'interval': '5' has no unit\n    hint: write the unit: '5s', '5m' or '5ms'\n")]
    [InlineData("checks:\n  - { name: a, traffic: { host: x } }\n", "bad.yaml:2:27: error unknown_key: 'host' is not an option of a traffic check\n    hint: options of a traffic check are pod, ")]
    [InlineData(
        "name: m\nversion: 1.0.0\ninitial_state: A\ntransitions:\n  - { name: go, from: [B], destination: A }\nwatchers:\n  - { name: w, type: timer }\n",
        "bad.yaml:5:13: error unreachable_transition: the transition 'go' can never happen: B is never reached\n    hint: states that 'A' leads to are A\n")]
    public async Task A_bad_definition_is_refused_with_its_place(string yaml, string said)
    {
        using var folder = new TempFolder();
        folder.Write("bad.yaml", yaml);
        CommandResult lint = await ScoutExecutable.RunAsync(["machine", "lint", "bad.yaml"], directory: folder.Path);
        Assert.Equal(1, lint.ExitCode);
        Assert.StartsWith(said, lint.Stdout, StringComparison.Ordinal);
        Assert.Equal("1 file, 0 machines: 1 error, 0 warnings\n", lint.Stderr);
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

    [Fact]
    public async Task A_plugin_that_cannot_do_its_work_is_unknown_with_a_reason()
    {
        (string Name, string Plugin, string Reason, string Output)[] all =
        [
            ("missing", "/nonexistent/plugin", "spawn", "/nonexistent/plugin: there is no such file (ENOENT)"),
            ("nowhere", "no_such_plugin", "spawn", "there is no program 'no_such_plugin' in "),
            ("folder", "[/etc]", "spawn", "/etc is a folder; name the program itself"),
            ("asleep", "[/etc/passwd]", "spawn", "/etc/passwd may not be executed; run chmod +x on it"),
            ("hung", "[/bin/sleep, '60']", "timeout", "no exit within 1 s; ended by SIGTERM"),
            ("crashed", "[/bin/sh, -c, 'kill -SEGV $$']", "signal", "ended by SIGSEGV"),
            ("strange", "[/bin/sh, -c, 'exit 7']", "bad_exit", "exit code 7; a plugin ends with 0, 1, 2 or 3"),
            ("flood", "[/bin/sh, -c, 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done']", "output_limit", "more than 1048576 bytes of output; ended by SIG"),
        ];
        using var folder = new TempFolder();
        await using ScoutNode node = ScoutNode.Create(folder, "web1", broker: null);
        node.Define("check.yaml", "checks:\n" + string.Concat(all.Select(one => $"  - {{ name: {one.Name}, plugin: {one.Plugin}, timeout: {(one.Name == "hung" ? "1s" : "20s")}, interval: 1h, splay: 0 }}\n"))
            + "  - { name: other, plugin: /bin/true, splay: 0 }\n");
        await node.StartAsync();
        await node.ReachesAsync("other", "OK");
        CommandResult check = await node.ScoutAsync("check", "--all", "--yes", "-o", "json");
        Assert.True(check.ExitCode == 0, check.ToString());
        foreach ((string name, _, string reason, string output) in all)
        {
            JsonElement row = check.Json().EnumerateArray().Single(row => row.GetProperty("machine").GetString() == name);
            Assert.Equal((name, "UNKNOWN", reason), (name, row.GetProperty("to").GetString(), row.GetProperty("reason").GetString()));
            Assert.StartsWith(output, row.GetProperty("output").GetString(), StringComparison.Ordinal);
        }
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
        Assert.Contains($"scout: web2: there is no such node\nhint: {node.Socket} is the socket of web1; --broker asks the fleet\n", unknown.Stderr, StringComparison.Ordinal);
        Assert.Equal("", unknown.Stdout);
        CommandResult machine = await node.ScoutAsync("check", "web1/dsk");
        Assert.Equal(4, machine.ExitCode);
        Assert.Contains("scout: web1/dsk: there is no such machine\nhint: did you mean 'web1/disk'?\n", machine.Stderr, StringComparison.Ordinal);
        CommandResult refused = await node.ScoutAsync("transition", "web1/disk", "RESUME");
        Assert.Equal(1, refused.ExitCode);
        Assert.Matches(@"(?m)^web1 +disk +not_allowed +OK +- +- +RESUME is not allowed in OK; allowed: FORCE_CHECK, MAINTENANCE$", refused.Stdout);
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
        int port = ScoutExecutable.FreePort();
        CommandResult status = await ScoutExecutable.RunAsync(["status", "--broker", $"nats://127.0.0.1:{port}", "--timeout", "1s"]);
        Assert.Equal(3, status.ExitCode);
        Assert.StartsWith($"scout: error: no broker at nats://127.0.0.1:{port}: ", status.Stderr, StringComparison.Ordinal);
        Assert.Contains("\nhint: is it running? start one with: scout broker run ", status.Stderr, StringComparison.Ordinal);
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
        Assert.Contains(
            $"scout: error: --listen: port {port} of 127.0.0.1 cannot be bound: something listens there already\nhint: see who has it with 'ss -ltnp', or give another port with --listen\n",
            broker.Stderr, StringComparison.Ordinal);

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
