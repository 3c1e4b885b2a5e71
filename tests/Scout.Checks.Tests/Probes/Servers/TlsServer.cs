using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Scout.Checks.Tests.Probes.Servers;

/// <summary>Listeners that speak TLS, well or badly.</summary>
internal static class TlsServer
{
    /// <summary>Makes the handshake and hands the stream on.</summary>
    /// <param name="certificate">With its key.</param>
    /// <param name="serve">What happens then; reads to the end when null.</param>
    /// <param name="intermediates">Sent behind the certificate.</param>
    /// <param name="versions">Offered.</param>
    /// <param name="protocols">ALPN.</param>
    /// <param name="clientCertificate">The peer must show one.</param>
    /// <param name="before">What is said in clear text before.</param>
    public static OneAnswerServer Start(
        X509Certificate2 certificate, Func<SslStream, CancellationToken, Task>? serve = null, X509Certificate2[]? intermediates = null, SslProtocols versions = SslProtocols.None,
        SslApplicationProtocol[]? protocols = null, bool clientCertificate = false, Func<Socket, CancellationToken, Task>? before = null) => new(async (socket, stop) =>
    {
        if (before is not null) await before(socket, stop);
        await using var stream = new SslStream(new NetworkStream(socket));
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, [.. intermediates ?? [TestCertificates.Intermediate]], offline: true),
            EnabledSslProtocols = versions,
            ApplicationProtocols = protocols is null ? null : [.. protocols],
            ClientCertificateRequired = clientCertificate,
            RemoteCertificateValidationCallback = (_, client, _, _) => !clientCertificate || client is not null,
        };
        try
        {
            await stream.AuthenticateAsServerAsync(options, stop);
        }
        catch (AuthenticationException)
        {
            return;
        }

        if (serve is not null) await serve(stream, stop);
        else _ = await stream.ReadAtLeastAsync(new byte[256], 1, throwOnEndOfStream: false, stop);
    });

    /// <summary>Sends and expects lines in turn: <c>&gt;</c> is said, <c>&lt;</c> is heard.</summary>
    public static Func<Socket, CancellationToken, Task> Talk(params string[] lines) => async (socket, stop) =>
    {
        byte[] buffer = new byte[1024];
        foreach (string line in lines)
        {
            if (line[0] == '>')
            {
                await socket.SendAsync(Encoding.Latin1.GetBytes(line[1..]), SocketFlags.None, stop);
                continue;
            }

            int length = await socket.ReceiveAsync(buffer, SocketFlags.None, stop);
            string heard = Encoding.Latin1.GetString(buffer, 0, length);
            if (heard != line[1..]) throw new IOException($"heard {heard}");
        }
    };
}
