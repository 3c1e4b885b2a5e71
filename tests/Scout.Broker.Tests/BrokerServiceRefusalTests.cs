using System.Net;
using System.Net.Sockets;

namespace Scout.Broker.Tests;

public sealed class BrokerServiceRefusalTests
{
    [Fact]
    public async Task Without_dev_it_says_how_to_set_a_secure_broker_up()
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with { Dev = false };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(2, exit.Code);
        Assert.Contains("not set up", exit.Message, StringComparison.Ordinal);
        Assert.Contains("--dev", exit.Hint, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bench.Options.Data));
    }

    [Theory]
    [InlineData("0.0.0.0:4222")]
    [InlineData("[::]:4222")]
    [InlineData("192.0.2.7:4222")]
    [InlineData("10.0.0.1:0")]
    [InlineData("[2001:db8::1]:4222")]
    public async Task Any_other_address_than_loopback_ends_with_2_and_names_broker_init(string listen)
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with { Listen = listen };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(2, exit.Code);
        Assert.Contains("loopback", exit.Message, StringComparison.Ordinal);
        Assert.Contains("scout broker init", exit.Hint, StringComparison.Ordinal);
        Assert.False(Directory.Exists(bench.Options.Data));
    }

    [Theory]
    [InlineData("4222")]
    [InlineData(":4222")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:x")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("::1:4222")]
    [InlineData("")]
    [InlineData("no-such-host.invalid:4222")]
    public async Task An_address_that_is_none_ends_with_2_and_names_the_flag(string listen)
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with { Listen = listen };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(2, exit.Code);
        Assert.StartsWith("--listen:", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_nats_server_ends_with_3_and_the_install_command()
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with { NatsServer = bench.File("nowhere") };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(3, exit.Code);
        Assert.Contains("apt-get install nats-server", exit.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo 'nats-server: v2.9.9'", "2.9.10 is the oldest")]
    [InlineData("echo 'a server of another house'", "does not say a version")]
    [InlineData("exit 3", "does not say a version")]
    public async Task What_is_no_supported_nats_server_ends_with_3(string script, string said)
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with { NatsServer = Script(bench, script) };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(3, exit.Code);
        Assert.Contains(said, exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_run_ends_with_3()
    {
        await using var bench = new Bench();
        File.WriteAllText(bench.File("plain"), "no program");
        bench.Options = bench.Options with { NatsServer = bench.File("plain") };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(3, exit.Code);
        Assert.Contains("cannot be run", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_ends_with_3_and_names_the_port()
    {
        await using var bench = new Bench();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, bench.Port));
        other.Listen();
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(3, exit.Code);
        Assert.Contains($"port {bench.Port}", exit.Message, StringComparison.Ordinal);
        Assert.Contains("--listen", exit.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_of_http_ends_with_3_and_names_the_port()
    {
        await using var bench = new Bench();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        int port = ((IPEndPoint)other.LocalEndPoint!).Port;
        bench.Options = bench.Options with { Http = $"127.0.0.1:{port}" };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(3, exit.Code);
        Assert.Contains($"port {port}", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_others_may_write_ends_with_3_and_the_chmod()
    {
        await using var bench = new Bench();
        Directory.CreateDirectory(bench.Options.Data);
        File.SetUnixFileMode(bench.Options.Data, (UnixFileMode)511);
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(3, exit.Code);
        Assert.Contains("chmod go-w", exit.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_ends_with_3()
    {
        await using var bench = new Bench();
        File.WriteAllText(bench.File("file"), "");
        bench.Options = bench.Options with { Data = bench.File("file") + "/data" };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(3, exit.Code);
        Assert.StartsWith("--data:", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_a_newer_server_ends_with_3_before_the_start()
    {
        await using var bench = new Bench();
        Directory.CreateDirectory(Path.Combine(bench.Options.Data, "jetstream"));
        File.SetUnixFileMode(bench.Options.Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(bench.Options.Data, "jetstream", ".scout-version"), "2.99.0\n");
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(3, exit.Code);
        Assert.Contains("2.99.0", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_ends_at_its_first_start_ends_the_broker_with_its_last_words()
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with
        {
            NatsServer = Script(bench, """
                case "$1" in
                  --version) echo 'nats-server: v2.9.10' ;;
                  -t) exit 0 ;;
                  *) echo '[1] 2026/11/21 00:00:00.000000 [FTL] the store is on fire' >&2; exit 1 ;;
                esac
                """),
        };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(1, exit.Code);
        Assert.Contains("the store is on fire", exit.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_gets_ready_and_ignores_sigterm_is_killed()
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with
        {
            ReadyTimeout = TimeSpan.FromSeconds(1),
            StopTimeout = TimeSpan.FromMilliseconds(300),
            NatsServer = Script(bench, $"""
                case "$1" in
                  --version) echo 'nats-server: v2.9.10' ;;
                  -t) exit 0 ;;
                  *) echo $$ > '{bench.File("pid")}'; trap '' TERM; while :; do read -t 1 -r _ <> <(:) || :; done ;;
                esac
                """),
        };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(1, exit.Code);
        Assert.Contains("within 1 s", exit.Message, StringComparison.Ordinal);
        Assert.False(Bench.Alive(int.Parse(File.ReadAllText(bench.File("pid")))));
    }

    [Fact]
    public async Task A_configuration_that_the_server_refuses_is_told_in_its_words()
    {
        await using var bench = new Bench();
        bench.Options = bench.Options with
        {
            NatsServer = Script(bench, """
                case "$1" in
                  --version) echo 'nats-server: v2.9.10' ;;
                  *) echo 'nats-server: unknown field "ping_max"' >&2; exit 1 ;;
                esac
                """),
        };
        BrokerExit exit = await bench.RunAsync();
        Assert.Equal(1, exit.Code);
        Assert.Contains("unknown field \"ping_max\"", exit.Message, StringComparison.Ordinal);
    }

    private static string Script(Bench bench, string body)
    {
        string path = bench.File("nats-server");
        File.WriteAllText(path, "#!/bin/bash\n" + body + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}
