using Scout.Testing;

namespace Scout.Nats.Tests;

public sealed class NatsServerProcessTests
{
    [Fact]
    public async Task A_killed_server_comes_back_on_the_same_port()
    {
        await using NatsServerProcess server = await NatsServerProcess.StartAsync();
        int port = server.Port;
        int pid = server.ProcessId;

        await server.RestartAsync();

        Assert.Equal(port, server.Port);
        Assert.NotEqual(pid, server.ProcessId);
        await server.StopAsync();
        Assert.Equal(0, server.ProcessId);
    }
}
