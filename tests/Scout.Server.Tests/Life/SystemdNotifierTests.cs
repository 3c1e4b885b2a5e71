using System.Net.Sockets;
using Scout.Server.Life;
using Scout.Testing;

namespace Scout.Server.Tests.Life;

public sealed class SystemdNotifierTests
{
    [Fact]
    public async Task A_manager_that_does_not_listen_does_not_stop_the_loop()
    {
        using var folder = new TempFolder();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(folder.File("notify")));
        using var notifier = new SystemdNotifier(folder.File("notify"), "100000", null, 1);
        // Its queue takes a few hundred datagrams; a socket that blocks would wait for the manager here.
        await Task.Run(() =>
        {
            for (int i = 0; i < 5_000; i++) notifier.Watchdog();
        }).WaitAsync(TestNode.Patience);
        Assert.Equal(TimeSpan.FromMilliseconds(50), notifier.WatchdogInterval);
    }

    [Theory]
    [InlineData("77", false)]
    [InlineData("1", true)]
    [InlineData("", true)]
    public void The_watchdog_is_ours_only_when_the_pid_is(string pid, bool ours)
    {
        using var notifier = new SystemdNotifier("@nobody", "100000", pid, 1);
        Assert.Equal(ours, notifier.WatchdogInterval is not null);
    }
}
