using Scout.Cli.Asking;
using Scout.Cli.Errors;

namespace Scout.Cli.Tests.Asking;

public sealed class WhereToAskTests
{
    [Theory]
    [InlineData(false, "nats://b:1", "/s", true, "nats://b:1", null, false)]
    [InlineData(false, null, "/s", true, null, "/s", false)]
    [InlineData(false, null, null, true, null, "/run/x.sock", true)]
    [InlineData(true, "nats://b:1", null, true, null, "/run/x.sock", false)]
    [InlineData(true, "nats://b:1", "/s", true, null, "/s", false)]
    [InlineData(false, "b:4222", null, false, "nats://b:4222", null, false)]
    [InlineData(false, "a:1, b:2", null, false, "nats://a:1,nats://b:2", null, false)]
    public void Flags_then_environment_then_sockets(bool local, string? broker, string? socket, bool exists, string? expectedBroker, string? expectedSocket, bool said)
    {
        Endpoint endpoint = WhereToAsk.Choose(local, name => name == "SCOUT_BROKER" ? broker : name == "SCOUT_SOCKET" ? socket : null, _ => exists, ["/run/x.sock", "/var/x.sock"]);
        Assert.Equal(new Endpoint(expectedBroker, expectedSocket, said), endpoint);
    }

    [Fact]
    public void Nowhere_to_ask_is_usage()
    {
        CliException nowhere = Assert.Throws<CliException>(() => WhereToAsk.Choose(false, _ => null, _ => false, ["/run/x.sock"]));
        Assert.Equal(2, nowhere.ExitCode);
        Assert.Contains("SCOUT_BROKER", nowhere.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void No_local_server_is_no_connection()
    {
        CliException nobody = Assert.Throws<CliException>(() => WhereToAsk.Choose(true, _ => null, _ => false, ["/run/x.sock"]));
        Assert.Equal(3, nobody.ExitCode);
        Assert.Contains("/run/x.sock", nobody.Hint, StringComparison.Ordinal);
    }
}
