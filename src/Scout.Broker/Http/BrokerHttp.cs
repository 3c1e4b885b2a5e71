using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Scout.Broker.Http;

/// <summary>GET and HEAD of <c>/metrics</c>, <c>/healthz</c>, <c>/readyz</c>; all else 404. Carries no command (server.md section 7).</summary>
internal static class BrokerHttp
{
    private const int MaxConnections = 64;

    /// <summary>Binds and serves.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static async Task<(WebApplication App, string Address)> StartAsync(Configuration.ListenAddress listen, BrokerState state, TimeProvider time)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxConcurrentConnections = MaxConnections;
            options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            options.Limits.MaxRequestBodySize = 0;
            options.Listen(new IPEndPoint(listen.Address, listen.Port));
        });
        WebApplication app = builder.Build();
        app.Run(context => AnswerAsync(context, state, time));
        await app.StartAsync();
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? $"http://{listen}";
        return (app, address["http://".Length..]);
    }

    private static async Task AnswerAsync(HttpContext context, BrokerState state, TimeProvider time)
    {
        (int code, string type, string body) = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)
            ? Answer(context.Request.Path.Value ?? "", state, time)
            : (404, "text/plain", "not found\n");
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        context.Response.StatusCode = code;
        context.Response.ContentType = type;
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static (int Code, string Type, string Body) Answer(string path, BrokerState state, TimeProvider time) => path switch
    {
        "/metrics" => (200, BrokerMetrics.ContentType, BrokerMetrics.Render(state, time.GetUtcNow())),
        "/healthz" => (200, "text/plain", "ok\n"),
        "/readyz" => state.Ready ? (200, "text/plain", "ready\n") : (503, "text/plain", state.Reason + "\n"),
        _ => (404, "text/plain", "not found\n"),
    };
}
