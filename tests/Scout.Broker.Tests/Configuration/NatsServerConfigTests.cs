using System.Net;
using Scout.Broker.Configuration;
using Scout.Broker.Supervision;

namespace Scout.Broker.Tests.Configuration;

public sealed class NatsServerConfigTests
{
    [Theory]
    [InlineData("127.0.0.1", 4222, null)]
    [InlineData("::1", 0, "abcdefghijklmnopqrstuvwxyz")]
    public async Task Every_server_we_can_test_against_accepts_it(string address, int port, string? token)
    {
        if (NatsServerProcess.Missing is { } missing) throw SkipTestException.Because(missing, "SCOUT_REQUIRE_NATS");
        using var folder = new TempFolder();
        foreach (string executable in NatsServerProcess.Executables)
        {
            (NatsServerBinary? binary, BrokerExit? error) = await NatsServerBinary.FindAsync(executable, null, TimeProvider.System);
            Assert.True(binary is not null, error?.Message);
            var directory = new BrokerDirectory(folder.File("a \"b\" \\c"));
            string path = folder.Write("nats.conf", NatsServerConfig.Dev(directory, new ListenAddress(IPAddress.Parse(address), port), token, binary.Version));
            Assert.Null(await binary.WhyRefusedAsync(path, TimeProvider.System));
        }
    }

    [Fact]
    public void Only_a_server_that_knows_sync_interval_gets_it()
    {
        var directory = new BrokerDirectory("/d");
        var listen = new ListenAddress(IPAddress.Loopback, 4222);
        Assert.DoesNotContain("sync_interval", NatsServerConfig.Dev(directory, listen, null, new NatsServerVersion(2, 9, 25)), StringComparison.Ordinal);
        Assert.Contains("sync_interval", NatsServerConfig.Dev(directory, listen, null, new NatsServerVersion(2, 10, 0)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nats-server: v2.9.10\n", "2.9.10")]
    [InlineData("nats-server: v2.11.0-RC.1", "2.11.0")]
    [InlineData("2.10.27", "2.10.27")]
    public void Versions_are_read_as_servers_print_them(string text, string version)
    {
        Assert.True(NatsServerVersion.TryParse(text, out NatsServerVersion read));
        Assert.Equal(version, read.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("nats-server: v2.9")]
    [InlineData("nats-server: v2.x.1")]
    [InlineData("nats-server: v2.9.10.1")]
    [InlineData("nats-server: v99999999999.1.1")]
    public void What_is_no_version_is_not_read(string text) => Assert.False(NatsServerVersion.TryParse(text, out _));

    [Fact]
    public void Versions_compare_by_number()
    {
        Assert.True(new NatsServerVersion(2, 9, 10) > new NatsServerVersion(2, 9, 9));
        Assert.True(new NatsServerVersion(2, 10, 0) > new NatsServerVersion(2, 9, 99));
        Assert.True(new NatsServerVersion(3, 0, 0).IsAtLeast(2, 10));
        Assert.False(new NatsServerVersion(2, 9, 99).IsAtLeast(2, 10));
    }

    [Theory]
    [InlineData(420)]
    [InlineData(416)]
    public void A_token_that_others_can_read_is_refused(int mode)
    {
        using var folder = new TempFolder();
        string path = folder.Write("token", "abcdefghijklmnopqrstuvwxyz");
        File.SetUnixFileMode(path, (UnixFileMode)mode);
        Assert.False(TokenFile.TryReadOrMake(path, out _, out BrokerExit? error));
        Assert.Contains("chmod 600", error.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdef", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("with blanks in it, and quotes \"")]
    public void A_file_without_a_token_in_it_is_refused(string text)
    {
        using var folder = new TempFolder();
        string path = folder.Write("token", text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        Assert.False(TokenFile.TryReadOrMake(path, out _, out BrokerExit? error));
        Assert.Equal(2, error.Code);
    }
}
