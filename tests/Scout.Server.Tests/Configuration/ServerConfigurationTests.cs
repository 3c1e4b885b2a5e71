using Microsoft.Extensions.Logging;
using Scout.Server.Configuration;
using Scout.Server.Logging;
using Scout.Testing;

namespace Scout.Server.Tests.Configuration;

public sealed class ServerConfigurationTests
{
    [Fact]
    public void Nothing_given_gives_the_defaults()
    {
        ServerConfiguration read = Read(new ServerArguments());
        ServerOptions options = read.Options!;
        Assert.Equal(("web1_example_org", ServerMode.Secure, "/etc/scout/machines", "/var/lib/scout"), (options.Node, options.Mode, options.Machines, options.Data));
        Assert.Equal(("127.0.0.1:8619", "/var/lib/scout/server.sock", 64 * 1024), (options.Http!.ToString(), options.Socket, options.MaxOutput));
        Assert.All(read.Rows, row => Assert.Equal("default", row.Origin));
    }

    [Fact]
    public void A_flag_goes_before_a_variable_and_a_variable_before_the_file()
    {
        using var folder = new TempFolder();
        string file = folder.Write("server.yaml", "node: file\nhttp: off\nlog: { level: error }\n");
        ServerConfiguration read = Read(
            new ServerArguments { Config = file, Node = "flag" }, new() { ["SCOUT_NODE"] = "variable", ["SCOUT_HTTP"] = "127.0.0.1:1", ["SCOUT_LOG_LEVEL"] = "" });
        Assert.Equal(("flag", "127.0.0.1:1", LogLevel.Error), (read.Options!.Node, read.Options.Http!.ToString(), read.Options.Log.Level));
        Assert.Equal(("--node", "SCOUT_HTTP", file + ":3"), (Origin(read, "node"), Origin(read, "http"), Origin(read, "log.level")));
    }

    [Fact]
    public void Lists_are_taken_whole_and_flags_may_hold_commas()
    {
        ServerConfiguration read = Read(new ServerArguments { Broker = ["nats://127.0.0.1:1,nats://[::1]:2", "nats://localhost:3"] }, new() { ["SCOUT_BROKER"] = "nats://127.0.0.1:9" });
        Assert.Equal(["nats://127.0.0.1:1", "nats://[::1]:2", "nats://localhost:3"], read.Options!.BrokerUrls);
        Assert.Equal(ServerMode.Dev, read.Options.Mode);
    }

    [Fact]
    public void Paths_of_the_file_are_relative_to_it_and_those_of_flags_to_the_working_directory()
    {
        using var folder = new TempFolder();
        string file = folder.Write("etc/server.yaml", "machines: m\ndata: /d\nsocket: run/s.sock\n");
        ServerOptions options = Read(new ServerArguments { Config = file, Textfile = "t/../tf" }).Options!;
        Assert.Equal((folder.File("etc/m"), "/d", folder.File("etc/run/s.sock"), "/work-dir/tf"), (options.Machines, options.Data, options.Socket, options.Textfile.Directory));
    }

    [Fact]
    public void Every_key_of_the_file_is_read()
    {
        using var folder = new TempFolder();
        string file = folder.Write("server.yaml", """
            node: web1
            mode: dev
            labels: { site: berlin, rack: "7" }
            groups: [web, edge]
            zone: zone-a
            region: eu
            machines: /m
            data: /d
            facts: /f.json
            overrides: /o.json
            timezone: Europe/Paris
            http: "[::1]:0"
            socket: off
            broker: { urls: ["nats://127.0.0.1:4222"], token_file: /t }
            plugin_path: [/p1, /p2]
            plugin_owners: [nagios]
            executor: auto
            slots: 3
            max_output: 128KiB
            max_open_files: 1024
            events: { default: all, state_interval: 2h, max_events: 5000, max_bytes: 2MiB }
            store: { segment: 1MiB, history_age: 1d, history_bytes: 0 }
            textfile: { directory: /tf, interval: 10s }
            metrics: { perfdata: 0, max_series: 1000 }
            log: { level: debug, format: json }
            stop_timeout: 1m
            """);
        ServerConfiguration read = Read(new ServerArguments { Config = file });
        Assert.Empty(read.Findings);
        ServerOptions o = read.Options!;
        Assert.Equal(("berlin", "zone-a", "eu", "/f.json", "/o.json", "Europe/Paris"), (o.Labels["site"], o.Zone, o.Region, o.Facts, o.Overrides, o.TimeZone.Id));
        Assert.Equal((null, "[::1]:0", 3, 128 * 1024, 1024), (o.Socket, o.Http!.ToString(), o.Slots, o.MaxOutput, o.MaxOpenFiles));
        Assert.Equal((5000, 2L << 20, 1L << 20, 0L, TimeSpan.FromDays(1)), (o.Events.MaxEvents, o.Events.MaxBytes, o.Store.Segment, o.Store.HistoryBytes, o.Store.HistoryAge));
        Assert.Equal((0, 1000, TimeSpan.FromSeconds(10), LogFormat.Json, TimeSpan.FromMinutes(1)), (o.Metrics.PerfData, o.Metrics.MaxSeries, o.Textfile.Interval, o.Log.Format, o.StopTimeout));
        Assert.Equal(["/p1", "/p2"], o.PluginPath);
        Assert.Equal(["web", "edge"], o.Groups);
    }

    [Theory]
    [InlineData("nod: x", ":1:1: error unknown_key: 'nod' is not a key of the configuration", "did you mean 'node'?")]
    [InlineData("store: { segments: 1MiB }", ":1:10: error unknown_key: 'segments' is not a key of 'store'", "did you mean 'segment'?")]
    [InlineData("node: [a]", ":1:7: error wrong_type: 'node' must be a text, not a list", "write node: value")]
    [InlineData("node: Web 1", ":1:7: error bad_name: 'Web 1' is not a node name", "1 to 63 of a-z")]
    [InlineData("node:", ":1:1: error wrong_type: 'node' has no value", "give it one")]
    [InlineData("mode: test", ":1:7: error bad_value: 'test' is no value of 'mode'", "one of secure, dev")]
    [InlineData("slots: many", ":1:8: error bad_value: 'many' is no whole number", "slots: ")]
    [InlineData("slots: 0", ":1:8: error out_of_range: 'slots' is 0", "from 1 to 1024")]
    [InlineData("max_output: 64", ":1:13: error bad_value: '64' is no size", "as in 64KiB")]
    [InlineData("max_output: 2MiB", ":1:13: error out_of_range: 'max_output' is 2MiB", "from 4KiB to 1MiB")]
    [InlineData("stop_timeout: 5", ":1:15: error bad_duration: 'stop_timeout': '5' has no unit", "'5s'")]
    [InlineData("stop_timeout: 10m", ":1:15: error out_of_range: 'stop_timeout' is 10m", "from 1s to 5m")]
    [InlineData("timezone: Mars/Base", ":1:11: error bad_timezone: 'Mars/Base' is not in the time zone database", "Europe/Paris")]
    [InlineData("http: here", ":1:7: error bad_value: 'here' is no address to listen on", ":PORT for every address")]
    [InlineData("plugin_path: [bin]", ":1:15: error bad_value: 'bin' is not absolute", "begins with /")]
    [InlineData("plugin_path: /bin", ":1:14: error wrong_type: 'plugin_path' must be a list", "write plugin_path: [x]")]
    [InlineData("labels: { 1a: x }", ":1:11: error bad_name: '1a' is no label name", "a letter")]
    [InlineData("labels: x", ":1:9: error wrong_type: 'labels' must be a map", "{ key: value }")]
    [InlineData("kubernetes: { on: true }", ":1:1: error unknown_key: 'kubernetes' is not a key of the configuration", "sources: [kubernetes]")]
    [InlineData("traffic: { kubernetes: maybe }", ":1:24: error bad_value: 'maybe' is no value of 'traffic.kubernetes'", "auto, true, false")]
    [InlineData("broker: { mode: external }", ":1:17: error missing: 'broker.creds' is missing", "creds: /etc/scout/node.creds")]
    [InlineData("broker: nats", ":1:9: error wrong_type: 'broker' must be a mapping", "its keys are urls")]
    [InlineData("broker: { urls: [\"http://x\"] }", ":1:18: error bad_value: 'http://x': the scheme is nats, tls or srv", "nats://127.0.0.1:4222")]
    [InlineData("broker: { urls: [\"nats://10.0.0.1:4222\"] }", ":1:17: error bad_value: 'nats://10.0.0.1:4222' is not encrypted", "scout broker init")]
    [InlineData("mode: dev\nbroker: { urls: [\"nats://10.0.0.1:4222\"] }", ":2:17: error bad_value: dev mode connects to loopback only", "scout broker init")]
    [InlineData("groups: [a]", ":1:9: error conflict: groups come with the credentials", "it is for dev mode")]
    [InlineData("node: a\nnode: b", "error duplicate_key", "")]
    [InlineData("node: {", "error yaml_syntax", "")]
    [InlineData("[1]", "error wrong_type: the file is a list", "node: web1")]
    public void A_mistake_in_the_file_is_told_with_its_place_and_a_hint(string yaml, string finding, string hint)
    {
        using var folder = new TempFolder();
        string file = folder.Write("server.yaml", yaml + "\n");
        ServerConfiguration read = Read(new ServerArguments { Config = file });
        Assert.Null(read.Options);
        Assert.Contains(read.Findings, one => one.ToString().Contains(finding, StringComparison.Ordinal) && one.Hint.Contains(hint, StringComparison.Ordinal));
        Assert.All(read.Findings, one => Assert.StartsWith(file, one.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void All_mistakes_are_told_at_once_and_flags_are_named_instead_of_a_place()
    {
        ServerConfiguration read = Read(new ServerArguments { Http = "x", Node = "A" }, new() { ["SCOUT_LOG_LEVEL"] = "loud" });
        string[] expected =
        [
            "--http: error bad_value: 'x' is no address to listen on", "--node: error bad_name: 'A' is not a node name",
            "SCOUT_LOG_LEVEL: error bad_value: 'loud' is no value of 'log.level'",
        ];
        Assert.Equal(expected, read.Findings.Select(one => one.ToString().Split('\n')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_file_that_was_named_and_is_not_there_is_a_mistake()
    {
        ServerConfiguration read = Read(new ServerArguments { Config = "/nowhere/server.yaml" });
        Assert.Equal("/nowhere/server.yaml: error unreadable: the file cannot be read: No such file or directory", read.Findings[0].ToString().Split('\n')[0]);
    }

    [Fact]
    public void A_file_that_others_may_write_is_refused()
    {
        using var folder = new TempFolder();
        string file = folder.Write("server.yaml", "node: a\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite);
        Assert.Equal($"{file}: error unsafe_permissions: the file is writable by others\n    hint: chmod go-w {file}", Read(new ServerArguments { Config = file }).Findings[0].ToString());
    }

    [Fact]
    public void A_file_in_a_folder_that_others_may_write_is_refused()
    {
        using var folder = new TempFolder();
        string file = folder.Write("open/server.yaml", "node: a\n");
        File.SetUnixFileMode(folder.File("open"), (UnixFileMode)0b111_111_111);
        Assert.StartsWith($"{file}: error unsafe_permissions: its folder {folder.File("open")} is writable by others", Read(new ServerArguments { Config = file }).Findings[0].ToString(), StringComparison.Ordinal);
        File.SetUnixFileMode(folder.File("open"), (UnixFileMode)0b111_111_111 | UnixFileMode.StickyBit);
        Assert.Empty(Read(new ServerArguments { Config = file }).Findings);
    }

    [Fact]
    public void A_socket_for_a_group_may_not_lie_in_the_data_directory()
    {
        using var folder = new TempFolder();
        string file = folder.Write("server.yaml", "socket_group: adm\n");
        Assert.Contains(Read(new ServerArguments { Config = file }).Findings, one => one.Kind == "conflict");
        Assert.Empty(Read(new ServerArguments { Config = file, Socket = "/run/scout/s.sock" }).Findings);
    }

    [Fact]
    public void The_runtime_directory_of_systemd_holds_the_socket_and_its_journal_gets_priorities()
    {
        ServerOptions options = Read(new ServerArguments(), new() { ["RUNTIME_DIRECTORY"] = "/run/scout", ["JOURNAL_STREAM"] = "8:1" }).Options!;
        Assert.Equal(("/run/scout/server.sock", LogFormat.Journal), (options.Socket, options.Log.Format));
    }

    [Fact]
    public void Variables_that_mean_nothing_are_named_once()
    {
        ServerConfiguration read = Read(new ServerArguments(), new() { ["SCOUT_SERVICE_HOST"] = "10.0.0.1", ["SCOUT_NODE"] = "Web.1", ["PATH"] = "/bin" });
        Assert.Equal(["SCOUT_SERVICE_HOST"], read.IgnoredVariables);
        Assert.Equal("web_1", read.Options!.Node);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1B", 1)]
    [InlineData("64KiB", 65536)]
    [InlineData("8 MiB", 8388608)]
    [InlineData("4GiB", 4294967296)]
    public void A_size_is_a_whole_number_with_a_unit(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(text, out long read));
        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.5MiB")]
    [InlineData("-1B")]
    [InlineData("1MB")]
    [InlineData("99999999999GiB")]
    public void What_is_no_size_is_refused(string text) => Assert.False(SizeText.TryParse(text, out _));

    [Theory]
    [InlineData("127.0.0.1:8619", "127.0.0.1:8619")]
    [InlineData("[::1]:0", "[::1]:0")]
    [InlineData(":80", "[::]:80")]
    [InlineData("localhost:1", "127.0.0.1:1")]
    [InlineData("::1:80", null)]
    [InlineData("example.org:80", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData("127.0.0.1:70000", null)]
    public void An_address_to_listen_on_is_an_ip_address_and_a_port(string text, string? address)
    {
        Assert.Equal(address is not null, ListenAddress.TryParse(text, out System.Net.IPEndPoint? endpoint));
        if (address is not null) Assert.Equal(address, endpoint!.ToString());
    }

    private static ServerConfiguration Read(ServerArguments arguments, Dictionary<string, string>? environment = null) =>
        ServerConfiguration.Read(arguments, environment ?? [], "/work-dir", "Web1.example.org");

    private static string Origin(ServerConfiguration read, string key) => read.Rows.Single(row => row.Key == key).Origin;
}
