using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Scout.Testing;

/// <summary>One connection of a <see cref="FakeNatsServer"/>, seen from the server.</summary>
public sealed class FakeConnection(Socket socket, int number) : IDisposable
{
    public const string Info = "INFO {\"server_id\":\"fake\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,\"max_payload\":1048576,\"jetstream\":true}\r\n";

    public const string TlsInfo = "INFO {\"server_id\":\"fake\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,\"max_payload\":1048576,\"tls_required\":true}\r\n";

    private readonly byte[] buffer = new byte[4096];
    private Stream stream = new NetworkStream(socket, ownsSocket: true);
    private long received;
    private readonly List<string> lines = [];
    private readonly Lock gate = new();
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int start;
    private int end;

    /// <summary>1 for the first connection.</summary>
    public int Number { get; } = number;

    /// <summary>Completes when the client or the script has closed it.</summary>
    public Task Closed => closed.Task;

    /// <summary>Called for each line of the client while it is served; may answer.</summary>
    public Func<string, Task>? OnLine { get; set; }

    /// <summary>The lines of the client so far; payloads too.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate) return [.. lines];
        }
    }

    /// <summary>Bytes of the client so far; those of TLS handshakes only count when TLS is not spoken here.</summary>
    public long Received => Volatile.Read(ref received);

    /// <summary>Takes the server's side of a TLS handshake; everything after it is encrypted.</summary>
    public async Task UpgradeAsync(X509Certificate2 certificate)
    {
        var encrypted = new SslStream(stream, leaveInnerStreamOpen: false);
        stream = encrypted;
        await encrypted.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        });
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends in pieces of these sizes, again and again; one piece when there are none.</summary>
    public async Task SendAsync(byte[] bytes, params int[] pieces)
    {
        socket.NoDelay = true;
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            int count = pieces.Length == 0 ? bytes.Length : Math.Min(pieces[i % pieces.Length], bytes.Length - at);
            await stream.WriteAsync(bytes.AsMemory(at, count));
            at += count;
        }
    }

    /// <summary>INFO, CONNECT and PING of the client, PONG.</summary>
    public async Task HandshakeAsync(string info = Info)
    {
        await SendAsync(info);
        while (await ReadLineAsync() != "PING")
        {
            // CONNECT.
        }

        await SendAsync("PONG\r\n");
    }

    /// <summary>Answers PINGs and records lines until the connection ends.</summary>
    public async Task ServeAsync()
    {
        while (true)
        {
            string line = await ReadLineAsync();
            if (line == "PING") await SendAsync("PONG\r\n");
            if (OnLine is { } handler) await handler(line);
        }
    }

    public async Task<string> ReadLineAsync()
    {
        while (true)
        {
            int feed = buffer.AsSpan(start, end - start).IndexOf((byte)'\n');
            if (feed >= 0)
            {
                string line = Encoding.UTF8.GetString(buffer, start, feed).TrimEnd('\r');
                start += feed + 1;
                lock (gate) lines.Add(line);
                return line;
            }

            buffer.AsSpan(start, end - start).CopyTo(buffer);
            end -= start;
            start = 0;
            // Of a payload without line ends only the tail is kept.
            if (end == buffer.Length) end = 0;
            int count = await stream.ReadAsync(buffer.AsMemory(end));
            Interlocked.Add(ref received, count);
            if (count == 0)
            {
                closed.TrySetResult();
                throw new EndOfStreamException();
            }

            end += count;
        }
    }

    public void Dispose() => Close();

    public void Close()
    {
        stream.Dispose();
        closed.TrySetResult();
    }
}
