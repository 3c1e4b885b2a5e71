using Scout.Broker.Files;

namespace Scout.Broker.External;

/// <summary>Lines to a broker that is not ours.</summary>
internal static class ExternalLine
{
    /// <summary>By a login in <c>creds/</c> when there is one of that name, else by the one that the owner gave.</summary>
    /// <exception cref="NatsCredentialsException">It cannot be used.</exception>
    public static NatsOpts Opts(BrokerFiles files, BrokerSettings settings, string login, TimeProvider time)
    {
        ExternalSettings external = settings.External!;
        bool own = File.Exists(files.Creds(login));
        string path = own ? files.Creds(login) : external.Creds;
        using NatsCreds creds = NatsCreds.Read(path, time.GetUtcNow());
        return new NatsOpts
        {
            Url = settings.UrlList,
            Name = "scout/" + login,
            AuthOpts = new NatsAuthOpts { CredsFile = path },
            TlsOpts = new NatsTlsOpts { Mode = settings.Addresses.All(IsPlainLoopback) ? TlsMode.Auto : TlsMode.Require, CaFile = external.Ca, CaPem = external.Ca is null ? creds.CertificatesPem : null },
            // A login that we made has the inbox of its role; the owner may give his another.
            InboxPrefix = own || external.InboxPrefix is null ? "_INBOX." + creds.Key.PublicKey : external.InboxPrefix,
            JetStreamDomain = external.JsDomain,
            RefusedPatience = NatsOpts.ReloadPatience,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(200),
            TimeProvider = time,
        };
    }

    internal static bool IsPlainLoopback(string url) => Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) && uri.Scheme == "nats" && System.Net.IPAddress.TryParse(uri.Host.Trim('[', ']'), out System.Net.IPAddress? address) && System.Net.IPAddress.IsLoopback(address);
}
