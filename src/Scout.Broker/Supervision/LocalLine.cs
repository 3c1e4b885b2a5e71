using System.Net;
using Scout.Broker.Files;
using Scout.Broker.Streams;

namespace Scout.Broker.Supervision;

/// <summary>Lines of the broker's own services to the nats-server beside it.</summary>
internal static class LocalLine
{
    /// <summary>In dev mode: by the token, if there is one.</summary>
    public static NatsOpts Dev(ServerPorts ports, string? token, TimeProvider time) => Common(time) with
    {
        Url = $"nats://{Reach(ports.Client)}",
        AuthOpts = new NatsAuthOpts { Token = token },
    };

    /// <summary>By a login in <c>creds/</c>, over TLS. The certificate must be for the broker's first host, under whatever address this machine reaches it.</summary>
    /// <exception cref="NatsCredentialsException">The login cannot be used.</exception>
    public static NatsOpts Secure(ServerPorts ports, BrokerFiles files, BrokerSettings settings, string login, TimeProvider time)
    {
        string path = files.Creds(login);
        using NatsCreds creds = NatsCreds.Read(path);
        return Common(time) with
        {
            Url = $"tls://{Reach(ports.Client)}",
            Name = "scout/" + login,
            AuthOpts = new NatsAuthOpts { CredsFile = path },
            TlsOpts = new NatsTlsOpts { Mode = TlsMode.Require, CaFile = File.Exists(files.Authority) ? files.Authority : null, TargetName = settings.Hosts[0] },
            InboxPrefix = "_INBOX." + creds.Key.PublicKey,
        };
    }

    /// <summary>A connection that got through.</summary>
    /// <param name="opts">Where and as whom.</param>
    /// <param name="time">For waits.</param>
    /// <param name="jetStream">Whether JetStream must answer too.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="NatsException">It did not.</exception>
    /// <param name="patience">With JetStream; null: 10 s. A cluster without a leader does not answer at all.</param>
    public static async Task<NatsConnection> ConnectAsync(NatsOpts opts, TimeProvider time, bool jetStream, CancellationToken cancellation, TimeSpan? patience = null)
    {
        var nats = new NatsConnection(opts);
        try
        {
            await nats.ConnectAsync();
            await nats.PingAsync(cancellation);
            if (jetStream && JetStreamApi.Error(await new JetStreamApi(nats, time, patience: patience).CallAsync("INFO", null, cancellation)) is { } error) throw new NatsException(error.Description);
            return nats;
        }
        catch
        {
            await nats.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a server that listens on an address is reached from this machine.</summary>
    public static string Reach(Uri client) => IPAddress.TryParse(client.Host.Trim('[', ']'), out IPAddress? address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) ? $"127.0.0.1:{client.Port}" : client.Authority;

    private static NatsOpts Common(TimeProvider time) => new()
    {
        Name = "scout/broker",
        RefusedPatience = NatsOpts.ReloadPatience,
        ReconnectSpread = TimeSpan.Zero,
        ReconnectWaitMin = TimeSpan.FromMilliseconds(200),
        ReconnectWaitMax = TimeSpan.FromSeconds(2),
        TimeProvider = time,
    };
}
