using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Scout.Server.Configuration;
using Scout.Server.Tests.Store;
using Scout.Server.Tests.Metrics;

namespace Scout.Server.Tests.Life;

[Collection("node")]
[Trait("attack", "A10")]
public sealed class NodeLifeTests
{
    [Fact]
    public async Task A_wrong_configuration_ends_with_2_and_all_findings()
    {
        await using TestNode node = Prepared();
        node.Arguments = new ServerArguments { Node = "NOT A NAME", Http = "nowhere" };
        Assert.Equal(2, await node.RunAsync());
        Assert.Contains("--node: error bad_name", node.Log, StringComparison.Ordinal);
        Assert.Contains("--http: error bad_value", node.Log, StringComparison.Ordinal);
        Assert.False(Directory.Exists(node.DataFolder));
    }

    [Fact]
    public async Task A_node_with_neither_broker_token_nor_credentials_says_that_it_is_not_enrolled_and_one_in_dev_mode_has_no_broker()
    {
        await using TestNode node = Prepared();
        node.Arguments = new ServerArguments { EnrollToken = null };
        await node.StartAsync();
        JsonElement ping = (await node.AskAsync("ping")).GetProperty("results")[0];
        Assert.Equal("not_enrolled", ping.GetProperty("enrolment").GetString());
        Assert.StartsWith("not enrolled: ", ping.GetProperty("broker").GetString(), StringComparison.Ordinal);
        Assert.Contains("scout token new --for " + node.Name, ping.GetProperty("broker").GetString(), StringComparison.Ordinal);
        Assert.Contains("not enrolled: neither a broker nor a token nor credentials are here", node.Log, StringComparison.Ordinal);
        Assert.Contains($"scout_enrolment{{node=\"{node.Name}\",state=\"not_enrolled\"}} 1", await node.GetAsync("/metrics"), StringComparison.Ordinal);
        await node.StopAsync();

        await using TestNode dev = Prepared();
        dev.Arguments = new ServerArguments { Dev = true };
        await dev.StartAsync();
        ping = (await dev.AskAsync("ping")).GetProperty("results")[0];
        Assert.False(ping.TryGetProperty("enrolment", out _));
        Assert.Equal("none configured", ping.GetProperty("broker").GetString());
        Assert.DoesNotContain("not enrolled", dev.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("scout_enrolment", await dev.GetAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_machine_directory_ends_with_2()
    {
        await using TestNode node = Prepared();
        node.Arguments = new ServerArguments { Machines = node.Folder.File("no") };
        Assert.Equal(2, await node.RunAsync());
        Assert.Contains($"scout: error: the machine directory {node.Folder.File("no")} does not exist\nhint: make it, or give another with --machines", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_with_3_and_says_what_to_do()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        await using TestNode node = Prepared();
        node.Arguments = new ServerArguments { Http = other.LocalEndPoint!.ToString() };
        Assert.Equal(3, await node.RunAsync());
        Assert.Contains($"cannot listen on {other.LocalEndPoint} for metrics: Address already in use\nhint: another program has that port; give another with --http", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_ends_with_3_and_names_the_first()
    {
        await using TestNode node = Prepared();
        await node.StartAsync();
        await using TestNode second = Prepared();
        second.Arguments = new ServerArguments { Data = node.DataFolder };
        Assert.Equal(3, await second.RunAsync());
        Assert.Contains($"data directory {node.DataFolder} is in use by process {Environment.ProcessId}", second.Log, StringComparison.Ordinal);
        Assert.Equal("OK", await Eventually(node, "disk"));
    }

    [Fact]
    public async Task A_data_directory_that_others_may_write_is_refused_with_the_chmod()
    {
        await using TestNode node = Prepared();
        Directory.CreateDirectory(node.DataFolder);
        File.SetUnixFileMode(node.DataFolder, (UnixFileMode)0b111_111_111);
        Assert.Equal(3, await node.RunAsync());
        Assert.Contains($"is writable by others\nhint: chmod 0700 {node.DataFolder}", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_that_others_may_read_is_closed_and_that_is_said()
    {
        await using TestNode node = Prepared();
        Directory.CreateDirectory(node.DataFolder);
        File.SetUnixFileMode(node.DataFolder, (UnixFileMode)0b111_101_101);
        await node.StartAsync();
        Assert.Equal((UnixFileMode)0b111_000_000, File.GetUnixFileMode(node.DataFolder));
        Assert.Contains("was open to others and is mode 0700 now", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_textfile_folder_that_is_a_link_ends_with_3()
    {
        await using TestNode node = Prepared();
        Directory.CreateSymbolicLink(node.TextfileFolder, node.MachinesFolder);
        node.Arguments = new ServerArguments { Textfile = node.TextfileFolder };
        Assert.Equal(3, await node.RunAsync());
        Assert.Contains("is a link; name the folder itself", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_another_node_ends_with_2()
    {
        await using TestNode node = Prepared();
        await node.StartAsync();
        await node.StopAsync();
        node.Arguments = new ServerArguments { Node = "another" };
        Assert.Equal(2, await node.RunAsync());
        Assert.Contains($"belongs to {node.Name}", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_lies_in_the_place_of_the_socket_and_is_none_is_not_removed()
    {
        await using TestNode node = Prepared();
        string file = node.Folder.Write("sock", "precious");
        node.Arguments = new ServerArguments { Socket = file };
        Assert.Equal(3, await node.RunAsync());
        Assert.Equal("precious", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_broker_that_is_not_loopback_in_dev_mode_ends_with_2()
    {
        await using TestNode node = Prepared();
        node.Arguments = new ServerArguments { Broker = ["nats://192.0.2.1:4222"], Dev = true };
        Assert.Equal(2, await node.RunAsync());
        Assert.Contains("dev mode connects to loopback only", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task State_and_maintenance_survive_a_restart()
    {
        await using TestNode node = Prepared();
        await node.StartAsync();
        await Eventually(node, "disk");
        await node.AskAsync("maintenance", """{"machines":["disk"],"for_s":3600,"reason":"swap"}""");
        Assert.Equal(0, await node.StopAsync());
        await node.StartAsync();
        JsonElement record = (await node.AskAsync("machine", """{"machine":"disk"}""")).GetProperty("results")[0].GetProperty("record");
        Assert.Equal(("MAINTENANCE", "swap"), (record.GetProperty("state").GetString(), record.GetProperty("maintenance").GetProperty("reason").GetString()));
    }

    [Fact]
    public async Task A_changed_broken_and_mended_definition_touches_only_its_machine()
    {
        await using TestNode node = Prepared();
        await node.StartAsync();
        await Eventually(node, "disk");
        node.Machines("more.yaml", "checks: [ { name: beat, builtin: heartbeat, splay: 0 } ]\n");
        Assert.Equal("OK", await Eventually(node, "beat"));
        node.Machines("more.yaml", "checks: [ { name: beat, bultin: heartbeat } ]\n");
        await Wait.UntilAsync(async () => (await node.AskAsync("machine", """{"machine":"beat"}""")).ToString().Contains("definition_error", StringComparison.Ordinal), () => node.Log);
        Assert.Equal("OK", await node.StateAsync("beat"));
        node.Machines("more.yaml", "checks: [ { name: beat, builtin: heartbeat, interval: 5m } ]\n");
        await Wait.UntilAsync(async () => !(await node.AskAsync("machine", """{"machine":"beat"}""")).ToString().Contains("definition_error", StringComparison.Ordinal), () => node.Log);
        JsonElement history = (await node.AskAsync("history", """{"machines":["disk"],"kinds":["transition"]}""")).GetProperty("results")[0].GetProperty("events");
        Assert.Equal(1, history.GetArrayLength());
    }

    [Fact]
    public async Task The_same_request_twice_does_the_thing_once_and_answers_the_same()
    {
        await using TestNode node = Prepared();
        await node.StartAsync();
        await Eventually(node, "disk");
        JsonElement first = await node.AskAsync("maintenance", """{"machines":["disk"],"for_s":60}""", id: "twice-1");
        JsonElement again = await node.AskAsync("maintenance", """{"machines":["disk"],"for_s":60}""", id: "twice-1");
        Assert.Equal(first.GetProperty("results").ToString(), again.GetProperty("results").ToString());
        JsonElement events = (await node.AskAsync("history", """{"machines":["disk"],"kinds":["transition"]}""")).GetProperty("results")[0].GetProperty("events");
        Assert.Equal(1, events.EnumerateArray().Count(one => one.GetProperty("data").GetProperty("to").GetString() == "MAINTENANCE"));
    }

    [Fact]
    public async Task Metrics_and_textfile_are_valid_and_a_clean_stop_leaves_a_node_that_is_down()
    {
        await using TestNode node = Prepared();
        Directory.CreateDirectory(node.TextfileFolder);
        await node.StartAsync();
        await Eventually(node, "disk");
        string page = await node.GetAsync("/metrics");
        Dictionary<string, double> series = ExpositionParser.Parse(page[4..]);
        Assert.Equal(0, series[$"scout_check_state{{node=\"{node.Name}\",machine=\"disk\"}}"]);
        Assert.Equal(0.05, series[$"scout_perfdata_ratio{{node=\"{node.Name}\",machine=\"disk\",name=\"used\"}}"]);
        Assert.Equal(1, series[$"scout_machines{{node=\"{node.Name}\",state=\"OK\"}}"]);
        Assert.Equal(0, series[$"scout_limit_reached_total{{node=\"{node.Name}\",limit=\"outbox\"}}"]);
        Assert.True(series["process_resident_memory_bytes"] > 1e6);
        await Wait.UntilAsync(() => File.Exists(Path.Combine(node.TextfileFolder, $"scout-{node.Name}.prom")) && node.Textfile.Contains("scout_check_state", StringComparison.Ordinal), () => node.Log);
        string textfile = node.Textfile;
        ExpositionParser.Parse(textfile);
        Assert.DoesNotContain("process_", textfile, StringComparison.Ordinal);
        Promtool(page[4..]);
        Promtool(textfile);
        Assert.Equal(0, await node.StopAsync());
        Dictionary<string, double> last = ExpositionParser.Parse(node.Textfile);
        Assert.Equal(0, last[$"scout_up{{node=\"{node.Name}\"}}"]);
        Assert.DoesNotContain(last.Keys, key => key.Contains("machine=", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{0}", "OK")]
    [InlineData("echo fine", "OK")]
    [InlineData("./gone.sh", "UNKNOWN")]
    public async Task A_machine_directory_that_goes_changes_nothing_for_checks_that_do_not_live_in_it(string plugin, string state)
    {
        await using TestNode node = Prepared();
        string command = string.Format(System.Globalization.CultureInfo.InvariantCulture, plugin, node.Plugin("look", "pwd"));
        node.Folder.Write("machines/gone.sh", "#!/bin/sh\necho fine\n");
        File.SetUnixFileMode(node.Folder.File("machines/gone.sh"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        node.Machines("m.yaml", $"checks: [ {{ name: it, plugin: {command}, interval: 1h, splay: 0 }} ]\n");
        await node.StartAsync();
        await node.ReachesAsync("it", "OK");
        Directory.Delete(node.MachinesFolder, recursive: true);
        JsonElement result = (await node.AskAsync("check", """{"machines":["it"],"wait_ms":5000}""")).GetProperty("results")[0];
        Assert.Equal(state, result.GetProperty("to").GetString());
        if (state == "UNKNOWN") Assert.Contains("the folder of the machine", result.GetProperty("output").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Systemd_hears_ready_watchdog_reload_and_stop()
    {
        await using TestNode node = Prepared();
        string path = node.Folder.File("notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        node.Environment2["NOTIFY_SOCKET"] = path;
        node.Environment2["WATCHDOG_USEC"] = "100000";
        var heard = new List<string>();
        await node.StartAsync();
        await HearAsync(manager, heard, "WATCHDOG=1");
        node.Hangup();
        await HearAsync(manager, heard, "RELOADING=1");
        await HearAsync(manager, heard, "READY=1");
        await node.StopAsync();
        await HearAsync(manager, heard, "STOPPING=1");
        Assert.Contains(heard, one => one.StartsWith("READY=1\nSTATUS=1 machines, 0 files refused", StringComparison.Ordinal));
        Assert.Contains(heard, one => one.StartsWith("RELOADING=1\nMONOTONIC_USEC=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_second_signal_ends_a_start_that_does_not_come_to_its_end()
    {
        await using TestNode node = Prepared();
        using var disk = new HungFiles();
        node.StoreFiles = disk;
        Task<int> running = node.Begin();
        disk.Reached.Wait(TestNode.Patience);
        node.Signal();
        Assert.False(running.IsCompleted);
        node.Signal();
        Assert.Equal(1, await running.WaitAsync(TestNode.Patience));
        Assert.Contains("told a second time; ending now", node.Log, StringComparison.Ordinal);
        disk.GoOn.Set();
    }

    [Fact]
    public async Task One_signal_in_the_middle_of_a_start_stops_the_node_cleanly_when_it_is_ready()
    {
        await using TestNode node = Prepared();
        using var disk = new HungFiles();
        node.StoreFiles = disk;
        Task<int> running = node.Begin();
        disk.Reached.Wait(TestNode.Patience);
        node.Signal();
        disk.GoOn.Set();
        Assert.Equal(0, await running.WaitAsync(TestNode.Patience));
        Assert.Contains("stopped", node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stop_that_takes_longer_than_stop_timeout_ends_with_1()
    {
        await using TestNode node = Prepared();
        using var disk = new HungFiles();
        disk.GoOn.Set();
        node.StoreFiles = disk;
        node.Arguments = new ServerArguments { Config = node.Folder.Write("server.yaml", "stop_timeout: 1s\n") };
        await node.StartAsync();
        await Eventually(node, "disk");
        disk.GoOn.Reset();
        disk.Reached.Reset();
        node.Signal();
        Assert.Equal(1, await node.EndAsync());
        Assert.Contains("not stopped within 1 s; ending now", node.Log, StringComparison.Ordinal);
        disk.GoOn.Set();
    }

    [Fact]
    public async Task A_second_signal_ends_a_stop_at_once_with_1()
    {
        await using TestNode node = Prepared();
        string plugin = node.Plugin("slow", "sleep 30");
        node.Machines("slow.yaml", $"checks: [ {{ name: slow, plugin: {plugin}, interval: 1h, timeout: 1m, splay: 0 }} ]\n");
        await node.StartAsync();
        await Wait.UntilAsync(async () => (await node.GetAsync("/metrics")).Contains($"scout_runs_active{{node=\"{node.Name}\"}} 1", StringComparison.Ordinal), () => node.Log);
        long began = TimeProvider.System.GetTimestamp();
        node.Signal();
        node.Signal();
        Assert.Equal(1, await node.EndAsync());
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(4));
    }

    private static async Task HearAsync(Socket manager, List<string> heard, string wanted)
    {
        byte[] buffer = new byte[1024];
        for (int i = 0; i < 1000; i++)
        {
            int read = await manager.ReceiveAsync(buffer).WaitAsync(TestNode.Patience);
            heard.Add(System.Text.Encoding.UTF8.GetString(buffer, 0, read));
            if (heard[^1].StartsWith(wanted, StringComparison.Ordinal)) return;
        }

        Assert.Fail($"no {wanted} in {heard.Count} datagrams: {string.Join(" | ", heard.Distinct())}");
    }

    private static async Task<string?> Eventually(TestNode node, string machine)
    {
        string? state = null;
        await Wait.UntilAsync(async () => (state = await node.StateAsync(machine)) is "OK" or "CRITICAL", () => $"{state}: {node.Log}");
        return state;
    }

    private static void Promtool(string text)
    {
        if (!File.Exists("/usr/bin/promtool")) return;
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/promtool", "check metrics") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.StandardInput.Write(text);
        process.StandardInput.Close();
        string said = process.StandardError.ReadToEnd() + process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal("", said);
    }

    private static TestNode Prepared()
    {
        var node = new TestNode();
        string plugin = node.Plugin("check_disk", "echo 'DISK OK|used=5%;10;20 size=3MB'");
        node.Machines("disk.yaml", $"checks:\n  - name: disk\n    plugin: {plugin}\n    interval: 1h\n    splay: 0\n");
        return node;
    }
}
