using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Scout.Checks.Probes.Running;
using Scout.Checks.Probes.Tls;

namespace Scout.Checks.Probes.Http;

/// <summary>
/// One request over one connection that was made before. <see cref="SocketsHttpHandler"/> speaks HTTP over it; its own connecting, pooling, redirects,
/// cookies and proxies are off, and a second connection is refused, so that there is no hidden retry.
/// </summary>
internal sealed class HttpExchange(HttpProbe probe, HttpHop hop, ProbeAttempt attempt) : IAsyncDisposable
{
    private static readonly List<SslApplicationProtocol> Version2 = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
    private static readonly List<SslApplicationProtocol> Version1 = [SslApplicationProtocol.Http11];

    private readonly WireClock clock = new(attempt.Context.Time);
    private Stream? stream;
    private SocketsHttpHandler? handler;
    private int connections;

    /// <summary><c>1.1</c> or <c>2</c>.</summary>
    public string Version { get; private set; } = "";

    /// <summary>Makes the connection ready to speak HTTP; null when it is.</summary>
    public async ValueTask<ProbeEnding?> ConnectAsync(Socket socket, CancellationToken deadline)
    {
        socket.NoDelay = true;
        if (!hop.IsSecure)
        {
            stream = new TimedNetworkStream(socket, clock);
            return null;
        }

        var secure = new TimedSslStream(new NetworkStream(socket, ownsSocket: true), clock);
        stream = secure;
        bool two = probe.Version == HttpVersion.Version20;
        (PeerCertificates? peer, ProbeEnding failed) = await TlsClient.HandshakeAsync(secure, probe.Tls, hop.Url.IdnHost, two ? Version2 : Version1, attempt, deadline);
        if (peer is null) return failed;
        attempt.Fact("tls", secure.SslProtocol == System.Security.Authentication.SslProtocols.Tls13 ? "1.3" : "1.2");
        attempt.Fact("not_after", peer.NotAfter.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        if (probe.Tls.Verify && peer.Problem != ProbeReason.Ok) return new ProbeEnding(peer.Problem, peer.ProblemText);
        if (two && secure.NegotiatedApplicationProtocol != SslApplicationProtocol.Http2) return new ProbeEnding(ProbeReason.Protocol, "does not speak HTTP/2");
        return null;
    }

    /// <summary>Asks and reads the answer to its end.</summary>
    public async ValueTask<(HttpAnswer? Answer, ProbeEnding Failed)> AskAsync(CancellationToken deadline)
    {
        attempt.Begin(ProbePhase.FirstByte);
        try
        {
            using HttpRequestMessage request = Request();
            using var invoker = new HttpMessageInvoker(Handler(), disposeHandler: false);
            using HttpResponseMessage response = await invoker.SendAsync(request, deadline);
            long first = FirstByte();
            Version = response.Version.Major == 2 ? "2" : response.Version.ToString();
            attempt.Begin(ProbePhase.Transfer);
            HttpAnswer answer = await ReadAsync(response, deadline);
            attempt.Fail();
            attempt.SetPhase(ProbePhase.Transfer, attempt.Context.Time.GetElapsedTime(first));
            return (answer, default);
        }
        catch (HttpRequestException error)
        {
            return (null, Failed(error, error.HttpRequestError));
        }
        catch (HttpIOException error)
        {
            return (null, Failed(error, error.HttpRequestError));
        }
    }

    public async ValueTask DisposeAsync()
    {
        handler?.Dispose();
        if (stream is not null) await stream.DisposeAsync();
    }

    // Of HTTP/2 the first bytes are settings, which say nothing of the answer; its headers do.
    private long FirstByte()
    {
        TimeProvider time = attempt.Context.Time;
        long now = time.GetTimestamp();
        attempt.Fail();
        if (probe.Version == HttpVersion.Version20 || clock.FirstRead == 0)
        {
            attempt.SetPhase(ProbePhase.FirstByte, clock.LastWrite == 0 ? TimeSpan.Zero : time.GetElapsedTime(clock.LastWrite, now));
            return now;
        }

        attempt.SetPhase(ProbePhase.FirstByte, time.GetElapsedTime(clock.LastWrite, clock.FirstRead));
        return clock.FirstRead;
    }

    private SocketsHttpHandler Handler()
    {
        handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            // Nothing is kept, so nothing has to be cleaned by a timer.
            PooledConnectionLifetime = TimeSpan.Zero,
            MaxResponseDrainSize = 0,
            // The handler asks a second time when the peer closed without a byte: it would try again, unsaid.
            ConnectCallback = (_, _) => Interlocked.Increment(ref connections) == 1
                ? new ValueTask<Stream>(stream!)
                : throw new IOException("one attempt makes one connection"),
        };
        return handler;
    }

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(hop.Method, hop.Url) { Version = probe.Version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (hop.Body is not null) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(hop.Body));
        bool agent = false;
        foreach ((string name, string value) in hop.Headers)
        {
            agent |= name.Equals("User-Agent", StringComparison.OrdinalIgnoreCase);
            if (name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase)) (request.Content ??= new ByteArrayContent([])).Headers.TryAddWithoutValidation(name, value);
            else request.Headers.TryAddWithoutValidation(name, value);
        }

        if (!agent) request.Headers.TryAddWithoutValidation("User-Agent", "scout");
        if (probe.Version == HttpVersion.Version11) request.Headers.ConnectionClose = true;
        return request;
    }

    private async ValueTask<HttpAnswer> ReadAsync(HttpResponseMessage response, CancellationToken deadline)
    {
        HttpExpectations wanted = probe.Expectations;
        await using Stream content = await response.Content.ReadAsStreamAsync(deadline);
        int capacity = wanted.WantsText ? 16 * 1024 : 4096;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(capacity);
        try
        {
            int size = 0;
            while (true)
            {
                if (wanted.WantsText && size == buffer.Length) buffer = Grow(buffer);
                int read = await content.ReadAsync(wanted.WantsText ? buffer.AsMemory(size) : buffer, deadline);
                if (read == 0) break;
                size += read;
                if (size <= wanted.MaxBody) continue;
                size = wanted.MaxBody + 1;
                break;
            }

            return new HttpAnswer
            {
                Status = (int)response.StatusCode,
                Phrase = response.ReasonPhrase ?? "",
                Headers = response.Headers,
                ContentHeaders = response.Content.Headers,
                Content = wanted.WantsText ? buffer.AsSpan(0, Math.Min(size, wanted.MaxBody)).ToArray() : default,
                Size = size,
            };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] buffer)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private ProbeEnding Failed(Exception error, HttpRequestError kind)
    {
        for (Exception? inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket) return SocketFailure.Of(socket);
            if (inner is HttpIOException broken) kind = broken.HttpRequestError;
        }

        return kind switch
        {
            _ when connections > 1 || (kind == HttpRequestError.ResponseEnded && clock.FirstRead == 0) => new ProbeEnding(ProbeReason.Reset, "closed by the peer without an answer"),
            HttpRequestError.ResponseEnded => new ProbeEnding(ProbeReason.Protocol, "the answer ends before its announced end"),
            HttpRequestError.ConfigurationLimitExceeded => new ProbeEnding(ProbeReason.Size, "the headers of the answer are over 64 KiB"),
            _ => new ProbeEnding(ProbeReason.Protocol, $"the answer is not HTTP: {ProbeText.Shown(error.Message).Trim('\'')}"),
        };
    }
}
