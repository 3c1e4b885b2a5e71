using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Options;
using Scout.Cli.Tests.Terminal;

namespace Scout.Cli.Tests.Commands;

public sealed class ProbeCommandTests
{
    [Fact]
    public async Task An_open_port_is_one_line_and_exit_0()
    {
        using TcpListener listener = Listen();
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("probe", "tcp", Place(listener), "--critical", "9s", "--phases", "connect.warning=8s", "--phases", "connect.critical=9s"));
        Assert.Matches(@"^TCP OK - 127\.0\.0\.1:\d+ connected in [\d.]+ m?s \| time=[\d.]+s;;9;0 connect=[\d.]+s;8;9;0\n$", console.Output);
    }

    [Fact]
    public async Task A_closed_port_is_exit_1_and_as_a_plugin_its_status()
    {
        using TcpListener listener = Listen();
        string place = Place(listener);
        listener.Stop();
        using var console = new FakeConsole();
        Assert.Equal(1, await console.RunAsync("probe", "tcp", place));
        Assert.StartsWith("TCP CRITICAL - ", console.Output, StringComparison.Ordinal);
        using var plugin = new FakeConsole();
        Assert.Equal(2, await plugin.RunAsync("probe", "tcp", place, "--nagios"));
        using var wanted = new FakeConsole();
        Assert.Equal(0, await wanted.RunAsync("probe", "tcp", place, "--expect", "refused"));
        Assert.Contains("as expected", wanted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_whole_result_is_json()
    {
        using TcpListener listener = Listen();
        using var console = new FakeConsole();
        Assert.Equal(0, await console.RunAsync("probe", "tcp", "--host", "127.0.0.1", "--port", $"{((IPEndPoint)listener.LocalEndpoint).Port}", "-o", "json"));
        JsonElement result = JsonDocument.Parse(console.Output).RootElement;
        Assert.Equal(("OK", "ok", "127.0.0.1"), (Text(result, "state"), Text(result, "reason"), Text(result.GetProperty("facts"), "address")));
        Assert.True(result.GetProperty("phases_ms").GetProperty("connect").GetDouble() > 0);
    }

    [Theory]
    [InlineData("tcp db1", "missing_key: a tcp probe needs 'port'")]
    [InlineData("tcp db1:x", "'port' is 'x', which is no whole number")]
    [InlineData("tcp db1:1 --port 2", "'port' is given twice, as HOST:PORT and as --port")]
    [InlineData("tcp db1:1 --critical 3", "bad_duration")]
    [InlineData("tcp db1:1 --expect refusd", "--expect: 'refusd' is not one of its values")]
    [InlineData("tcp db1:1 --phases connect", "--phases: 'connect' has no '='")]
    [InlineData("tcp db1:1 --phases conect.warning=1s", "'conect' is not an option of 'phases'")]
    [InlineData("tcp db1:1 --timeout 1d", "--timeout")]
    [InlineData("http ftp://x", "which is no URL of a web server")]
    [InlineData("http http://x --status 99", "'99' is no status code")]
    [InlineData("tls a --client cert=a", "'client' needs 'key'")]
    [InlineData("smtp a", "has no command 'smtp'")]
    public async Task What_makes_no_sense_is_exit_2(string line, string message)
    {
        using var console = new FakeConsole();
        Assert.Equal(2, await console.RunAsync(["probe", .. line.Split(' ')]));
        Assert.Contains(message, console.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_makes_no_sense_is_unknown_as_a_plugin()
    {
        using var console = new FakeConsole();
        Assert.Equal(3, await console.RunAsync("probe", "tcp", "db1", "--nagios"));
        Assert.StartsWith("SCOUT UNKNOWN - missing_key", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_cannot_be_found_is_a_result()
    {
        using var console = new FakeConsole();
        Assert.Equal(1, await console.RunAsync("probe", "tcp", "no-such-host.invalid:1", "--timeout", "3s", "-o", "json"));
        Assert.StartsWith("dns_", Text(JsonDocument.Parse(console.Output).RootElement, "reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_option_of_every_kind_is_in_its_help()
    {
        foreach (string kind in ProbeCatalog.Kinds)
        {
            using var console = new FakeConsole();
            Assert.Equal(0, await console.RunAsync("probe", kind, "--help"));
            foreach (OptionInfo option in ProbeCatalog.Find(kind)!.Options) Assert.Contains($"--{option.Name.Replace('_', '-')}", console.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http http://127.0.0.1:1/ --status 200,300-399 --headers X-A=a=b --headers X-B=1,2 --json /a=1 --header X=^y --redirects 2 --method POST --body {}")]
    [InlineData("tls 127.0.0.1:1 --verify false --warning 20d --server-name api.lan --starttls smtp --phases connect.warning=1s,tls.critical=2s")]
    [InlineData("dns www.example.org --server 127.0.0.1 --type MX --answers min=1,max=3,include=a,b --ttl min=10s --timeout 300ms")]
    [InlineData("udp 127.0.0.1:1 --count 1 --df --loss-critical 50% --timeout 300ms")]
    public async Task Lists_maps_groups_and_flags_are_taken_from_the_command_line(string line)
    {
        using var console = new FakeConsole();
        int exit = await console.RunAsync(["probe", .. line.Split(' ')]);
        Assert.True(exit is 0 or 1, console.Errors);
        Assert.Equal("", console.Errors);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static string Place(TcpListener listener) => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
}
