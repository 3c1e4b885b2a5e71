using System.Text.Json;
using Scout.Cli.Tests.Terminal;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands;

public sealed class HostCommandTests
{
    [Fact]
    public async Task Server_check_shows_each_value_with_its_origin()
    {
        using var folder = new TempFolder();
        using var console = new FakeConsole { Directory = folder.Path };
        console.Environment["SCOUT_HTTP"] = "off";
        string config = folder.Write("server.yaml", "node: web1\nlabels: { role: web }\n");
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(0, await console.RunAsync("server", "check", "--config", "server.yaml", "--data", "data", "-o", "json"));
        var rows = JsonDocument.Parse(console.Output).RootElement.EnumerateArray().ToDictionary(row => row.GetProperty("key").GetString()!, row => row);
        Assert.Equal("web1", rows["node"].GetProperty("value").GetString());
        Assert.Contains("server.yaml", rows["node"].GetProperty("origin").GetString(), StringComparison.Ordinal);
        Assert.Equal("--data", rows["data"].GetProperty("origin").GetString());
        Assert.Equal("SCOUT_HTTP", rows["http"].GetProperty("origin").GetString());
    }

    [Fact]
    public async Task Server_check_names_what_is_wrong()
    {
        using var folder = new TempFolder();
        using var console = new FakeConsole { Directory = folder.Path };
        Assert.Equal(2, await console.RunAsync("server", "check", "--node", "Web.1", "--http", "nonsense"));
        Assert.Contains("--node: error bad_name", console.Errors, StringComparison.Ordinal);
        Assert.Contains("--http: error bad_value", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_check_asks_the_API_of_a_cluster_where_there_is_one()
    {
        using var folder = new TempFolder();
        using var console = new FakeConsole { Directory = folder.Path };
        File.SetUnixFileMode(folder.Write("server.yaml", "node: web1\nmesh: { enabled: true, peers: { sources: [kubernetes] } }\n"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(0, await console.RunAsync("server", "check", "--config", "server.yaml"));
        Assert.Contains("not asked: KUBERNETES_SERVICE_HOST is not set", console.Output, StringComparison.Ordinal);
        foreach (string file in (string[])["token", "ca.crt", "namespace"]) folder.Write("account/" + file, "nothing of use");
        (console.Environment["KUBERNETES_SERVICE_HOST"], console.Environment["KUBERNETES_SERVICE_PORT"], console.Environment["SCOUT_SA_DIR"]) = ("127.0.0.1", "1", folder.File("account"));
        Assert.Equal(3, await console.RunAsync("server", "check", "--config", "server.yaml"));
        Assert.Contains("kubernetes.pods: CA file", console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_run_without_machines_is_exit_2()
    {
        using var folder = new TempFolder();
        using var console = new FakeConsole { Directory = folder.Path };
        Assert.Equal(2, await console.RunAsync("server", "run", "--node", "web1", "--machines", "none", "--data", "data", "--http", "off"));
        Assert.Contains("does not exist", console.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--listen 0.0.0.0:4222 --dev", 2, "loopback")]
    [InlineData("", 2, "not set up")]
    [InlineData("--dev --nats-server /nonexistent", 3, "nats-server")]
    public async Task Broker_run_refuses_with_a_reason(string flags, int exit, string reason)
    {
        using var folder = new TempFolder();
        using var console = new FakeConsole { Directory = folder.Path };
        Assert.Equal(exit, await console.RunAsync(["broker", "run", "--data", "broker", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));
        Assert.Contains(reason, console.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broker_check_lists_what_it_looked_at()
    {
        using var folder = new TempFolder();
        using var console = new FakeConsole { Directory = folder.Path };
        Assert.Equal(1, await console.RunAsync("broker", "check", "--dev", "--data", "broker", "--nats-server", "/nonexistent", "-o", "json"));
        JsonElement row = JsonDocument.Parse(console.Output).RootElement[0];
        Assert.Equal("nats-server", row.GetProperty("check").GetString());
        Assert.False(row.GetProperty("ok").GetBoolean());
        Assert.Contains("hint: nats-server: ", console.Errors, StringComparison.Ordinal);
    }
}
