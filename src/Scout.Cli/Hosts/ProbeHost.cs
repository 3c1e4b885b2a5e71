using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Scout.Checks;
using Scout.Checks.Probes;
using Scout.Checks.Probes.Names;
using Scout.Checks.Probes.Options;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;

namespace Scout.Cli.Hosts;

/// <summary>Runs one probe as a node would.</summary>
internal static class ProbeHost
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> RunAsync(CommandContext context, ProbeKind kind, ProbeOptions options, OutputFormat format, bool asPlugin)
    {
        var surroundings = new ProbeContext { Time = context.Io.Time, Names = new SystemNameLookup() };
        await WarmUpAsync(surroundings, kind.Name, context.Stop);
        ProbeResult result = await options.RunAsync(surroundings, context.Stop);
        if (asPlugin || format == OutputFormat.Table) ProbePage.Print(context.Io, kind.Name, result);
        else Printed.Object(context, format, writer => ProbePage.Write(writer, kind.Name, result));
        if (asPlugin) return (int)result.Status;
        return result.Status == CheckStatus.Ok ? ExitCode.Done : ExitCode.TargetFailed;
    }

    /// <summary>
    /// A process of one probe compiles its code while it measures: 50 ms of a connection that takes one. So the same code first talks to itself, over
    /// loopback; the peer sees one attempt as ever. What goes wrong here is of no interest.
    /// </summary>
    private static async Task WarmUpAsync(ProbeContext surroundings, string kind, CancellationToken stop)
    {
        try
        {
            if (kind is "udp" or "icmp")
            {
                await WarmUpPacketsAsync(surroundings, kind, stop);
                return;
            }

            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            Task answer = AnswerAsync(listener, stop);
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            string word = kind == "http" ? "http" : "tcp";
            OptionNode options = word == "http"
                ? new OptionMap([Entry("url", $"http://127.0.0.1:{port}/")], 1, 1)
                : new OptionMap([Entry("host", "127.0.0.1"), Entry("port", $"{port}"), Entry("send", "x")], 1, 1);
            ProbeReading reading = ProbeCatalog.Read(word, options, new ProbeDefaults { Timeout = TimeSpan.FromSeconds(1) });
            if (reading.Options is { } probe) await probe.RunAsync(surroundings, stop);
            listener.Stop();
            await answer;
        }
        catch (SocketException)
        {
        }
    }

    private static async Task WarmUpPacketsAsync(ProbeContext surroundings, string kind, CancellationToken stop)
    {
        using var echo = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        echo.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Task answer = kind == "udp" ? EchoAsync(echo, stop) : Task.CompletedTask;
        OptionMap options = kind == "udp"
            ? new OptionMap([Entry("host", "127.0.0.1"), Entry("port", $"{((IPEndPoint)echo.LocalEndPoint!).Port}"), Entry("mode", "echo"), Entry("count", "1")], 1, 1)
            : new OptionMap([Entry("host", "127.0.0.1"), Entry("count", "1")], 1, 1);
        ProbeReading reading = ProbeCatalog.Read(kind, options, new ProbeDefaults { Timeout = TimeSpan.FromSeconds(1) });
        if (reading.Options is { } probe) await probe.RunAsync(surroundings, stop);
        echo.Close();
        await answer;
    }

    private static async Task EchoAsync(Socket socket, CancellationToken stop)
    {
        byte[] buffer = new byte[2048];
        try
        {
            SocketReceiveFromResult got = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), stop);
            await socket.SendToAsync(buffer.AsMemory(0, got.ReceivedBytes), SocketFlags.None, got.RemoteEndPoint, stop);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    private static async Task AnswerAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            using Socket socket = await listener.AcceptSocketAsync(stop);
            await socket.ReceiveAsync(new byte[1024], SocketFlags.None, stop);
            await socket.SendAsync("HTTP/1.1 204 No Content\r\n\r\n"u8.ToArray(), SocketFlags.None, stop);
        }
        catch (SocketException)
        {
        }
    }

    private static OptionEntry Entry(string key, string value) => new(key, 1, 1, new OptionText(value, Quoted: true, 1, 1));
}
