using Scout.Nats.Tests.Fakes;

namespace Scout.Nats.Tests.Security;

/// <summary>One secure server for a class of tests.</summary>
public sealed class SecureServerFixture : IAsyncLifetime
{
    public SecureServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await SecureServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (Server is not null) await Server.DisposeAsync();
    }
}
