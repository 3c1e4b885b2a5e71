using System.Security.Cryptography.X509Certificates;
using Scout.Nats.Tests.Fakes;
using Scout.Testing;

namespace Scout.Nats.Tests.Security;

/// <summary>srv:// addresses: whoever answers says where, and the certificate says who.</summary>
public sealed class ServiceAddressTests
{
    [Fact]
    public async Task The_servers_are_asked_for_anew_in_every_round_and_must_carry_their_own_names()
    {
        using var authority = new TestAuthority();
        using X509Certificate2 shown = authority.Issue(["localhost"]);
        await using var server = new FakeNatsServer(async connection =>
        {
            await connection.SendAsync(FakeConnection.TlsInfo);
            await connection.UpgradeAsync(shown);
            while (await connection.ReadLineAsync() != "PING")
            {
                // CONNECT.
            }

            await connection.SendAsync("PONG\r\n");
            await connection.ServeAsync();
        });
        List<string> asked = [];
        await using NatsConnection nats = HostileServerTests.Connect(server, opts => opts with
        {
            Url = "srv://example.test",
            TlsOpts = new NatsTlsOpts { CaPem = authority.CaPem },
            RetryOnInitialConnect = true,
            ResolveServers = (name, _) =>
            {
                asked.Add(name);
                IReadOnlyList<string> servers = asked.Count switch
                {
                    1 => throw new NatsException("no answer from the resolver"),
                    2 => [],
                    3 => [$"127.0.0.1:{server.Port}"],
                    _ => [$"localhost.:{server.Port}", $"localhost:{server.Port}"],
                };
                return ValueTask.FromResult(servers);
            },
        });
        List<string> failures = [];
        nats.ReconnectFailed += (_, args) =>
        {
            failures.Add(args.Message);
            return ValueTask.CompletedTask;
        };
        await nats.ConnectAsync();
        await Until.TrueAsync("it is open", () => nats.ConnectionState == NatsConnectionState.Open && failures.Count >= 3, seen: () => nats.Status.ToString());
        Assert.All(asked, name => Assert.Equal("example.test", name));
        Assert.Contains("no answer from the resolver", failures[0], StringComparison.Ordinal);
        Assert.Contains("srv://example.test", failures[1], StringComparison.Ordinal);
        Assert.Contains("not for 127.0.0.1", failures[2], StringComparison.Ordinal);
    }
}
