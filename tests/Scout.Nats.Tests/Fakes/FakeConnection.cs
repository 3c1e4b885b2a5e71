using System.Net.Sockets;
using System.Text;

namespace Scout.Nats.Tests.Fakes;

/// <summary>One connection of a <see cref="FakeNatsServer"/>, seen from the server.</summary>
internal sealed class FakeConnection(Socket socket, int number)
{
    public const string Info = "INFO {\"server_id\":\"fake\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,\"max_payload\":1048576,\"jetstream\":true}\r\n";

    private readonly byte[] buffer = new byte[4096];
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

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends in pieces of these sizes, again and again; one piece when there are none.</summary>
    public async Task SendAsync(byte[] bytes, params int[] pieces)
    {
        socket.NoDelay = true;
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            int count = pieces.Length == 0 ? bytes.Length : Math.Min(pieces[i % pieces.Length], bytes.Length - at);
            await socket.SendAsync(bytes.AsMemory(at, count));
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
            int count = await socket.ReceiveAsync(buffer.AsMemory(end));
            if (count == 0)
            {
                closed.TrySetResult();
                throw new EndOfStreamException();
            }

            end += count;
        }
    }

    public void Close()
    {
        socket.Dispose();
        closed.TrySetResult();
    }
}
