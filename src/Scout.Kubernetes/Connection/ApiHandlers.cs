using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Scout.Kubernetes;

/// <summary>
/// The connections to the API server, one set for each content of <c>ca.crt</c>: a changed file gives new requests a new set, while streams that are open run out on the old.
/// </summary>
internal sealed class ApiHandlers(string caFile, KubernetesClientOptions options) : IDisposable
{
    private readonly Lock gate = new();
    private Lease? current;
    private string pem = "";

    /// <summary>Requests and streams that have not given their connections back.</summary>
    public int Held
    {
        get
        {
            lock (gate) return current?.Users ?? 0;
        }
    }

    /// <summary>Connections for one request; give them back by <see cref="Lease.Dispose"/>.</summary>
    /// <exception cref="KubernetesException">There is no certificate authority to trust (<see cref="ApiFailure.NotConfigured"/>).</exception>
    public Lease Take()
    {
        lock (gate)
        {
            if (options.Handler is not null)
            {
                current ??= new Lease(this, options.Handler());
            }
            else if (Changed(out string text))
            {
                HttpMessageHandler handler = Create(text);
                if (current is not null) Release(current);
                current = new Lease(this, handler);
                pem = text;
            }

            current!.Users++;
            return current;
        }
    }

    /// <summary>The file is one or two KB and requests are rare: it is simply read, so that no swap of a link goes unseen.</summary>
    private bool Changed(out string text)
    {
        text = pem;
        try
        {
            string now = File.ReadAllText(caFile);
            if (current is not null && (now == pem || !now.Contains("-----END CERTIFICATE-----", StringComparison.Ordinal))) return false;
            text = now;
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (current is not null) return false;
            throw new KubernetesException(ApiFailure.NotConfigured, $"CA file {caFile}: {error.Message}", error);
        }
    }

    private SocketsHttpHandler Create(string text)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        try
        {
            policy.CustomTrustStore.ImportFromPem(text);
        }
        catch (CryptographicException error)
        {
            throw new KubernetesException(ApiFailure.NotConfigured, $"CA file {caFile} is not a list of PEM certificates: {error.Message}", error);
        }

        if (policy.CustomTrustStore.Count == 0) throw new KubernetesException(ApiFailure.NotConfigured, $"CA file {caFile} holds no certificate");
        return new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(30),
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
            ConnectCallback = TcpConnection.OpenAsync,
        };
    }

    private static void Release(Lease lease)
    {
        lease.Retired = true;
        if (lease.Users == 0) lease.Invoker.Dispose();
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (current is { } lease) Release(lease);
            current = null;
            pem = "";
        }
    }

    /// <summary>A set of connections, kept until its last stream has ended.</summary>
    internal sealed class Lease(ApiHandlers owner, HttpMessageHandler handler) : IDisposable
    {
        public HttpMessageInvoker Invoker { get; } = new(handler, disposeHandler: true);

        public int Users { get; set; }

        public bool Retired { get; set; }

        public void Dispose()
        {
            lock (owner.gate)
            {
                Users--;
                if (Retired && Users == 0) Invoker.Dispose();
            }
        }
    }
}
