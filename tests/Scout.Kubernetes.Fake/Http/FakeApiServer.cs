using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Scout.Kubernetes.Fake;

/// <summary>A <see cref="FakeApi"/> behind TLS on loopback, with HTTP/1.1 and HTTP/2.</summary>
public sealed class FakeApiServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private X509Certificate2 certificate;

    private FakeApiServer(FakeApi api, X509Certificate2 certificate, HttpProtocols protocols)
    {
        this.certificate = certificate;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => Volatile.Read(ref this.certificate));
        }));
        app = builder.Build();
        app.Run(context => HandleAsync(api, context));
    }

    public Uri Address { get; private set; } = new("https://127.0.0.1:1/");

    /// <param name="api">What answers.</param>
    /// <param name="certificate">Shown to clients.</param>
    /// <param name="protocols">What is offered.</param>
    public static async Task<FakeApiServer> StartAsync(FakeApi api, X509Certificate2 certificate, HttpProtocols protocols = HttpProtocols.Http1AndHttp2)
    {
        var server = new FakeApiServer(api, certificate, protocols);
        await server.app.StartAsync();
        server.Address = new Uri(server.app.Urls.First() + "/");
        return server;
    }

    /// <summary>Shows another certificate on new connections.</summary>
    public void Exchange(X509Certificate2 other) => Volatile.Write(ref certificate, other);

    private static async Task HandleAsync(FakeApi api, HttpContext context)
    {
        try
        {
            await api.HandleAsync(new KestrelExchange(context));
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The client went away in the middle of an answer.
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await app.StopAsync(stop.Token);
        await app.DisposeAsync();
    }

    private sealed class KestrelExchange(HttpContext context) : FakeExchange
    {
        public override string Method => context.Request.Method;

        public override string Path => context.Request.Path.Value ?? "/";

        public override IReadOnlyDictionary<string, string> Query { get; } = context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

        public override CancellationToken Gone => context.RequestAborted;

        public override string Protocol => context.Request.Protocol;

        public override string Header(string name) => context.Request.Headers[name].ToString();

        public override async Task<byte[]> BodyAsync()
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            return body.ToArray();
        }

        public override async Task StartAsync(int code, IReadOnlyList<(string Name, string Value)> headers)
        {
            context.Response.StatusCode = code;
            foreach ((string name, string value) in headers) context.Response.Headers[name] = value;
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
        }

        public override async Task WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            await context.Response.Body.WriteAsync(bytes);
            await context.Response.Body.FlushAsync();
        }

        public override void Abort() => context.Abort();
    }
}
