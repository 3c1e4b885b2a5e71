using Microsoft.Extensions.Logging;
using Scout.Broker.Accounts;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Supervision;

namespace Scout.Broker.Secure;

/// <summary>A service of the broker that runs beside nats-server in secure mode, such as the provisioner. Add it in <see cref="SecureParts"/>.</summary>
internal interface IBrokerPart
{
    /// <summary>For logs.</summary>
    string Name { get; }

    /// <summary>Runs on one life of nats-server until stopped; what it throws is logged, and it is begun again after a while.</summary>
    Task RunAsync(SecureContext context, CancellationToken stop);
}

/// <summary>What a part of the broker works with.</summary>
internal sealed class SecureContext(AccountAuthority authority, BrokerSettings settings, Func<string, NatsOpts> login, IBrokerReload reload, ILogger log, TimeProvider time)
{
    public AccountAuthority Authority { get; } = authority;

    public BrokerKeyring Keys => Authority.Keys;

    /// <summary>Copies of a stream; more than 1 in a cluster.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Hosts and public addresses.</summary>
    public BrokerSettings Settings { get; } = settings;

    public IBrokerReload Reload { get; } = reload;

    public ILogger Log { get; } = log;

    public TimeProvider Time { get; } = time;

    /// <summary>A line to our own nats-server with one of the logins in <c>creds/</c>; the file is read again at each attempt to connect.</summary>
    /// <param name="creds">Such as <c>provisioner</c>.</param>
    /// <param name="cancellation">Stops the attempt.</param>
    /// <exception cref="NatsException">It cannot be reached, or refuses the login.</exception>
    public Task<NatsConnection> ConnectAsync(string creds, CancellationToken cancellation) => LocalLine.ConnectAsync(login(creds), Time, jetStream: false, cancellation);
}
