using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Scout.Benchmarks.Nats;

/// <summary>The limit to compare with: one blocking socket, frames encoded beforehand, writes of 64 KiB, answers only counted.</summary>
internal sealed class RawNats : IDisposable
{
    private const int WriteSize = 64 * 1024;

    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[WriteSize];

    public RawNats(int port)
    {
        socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        socket.Receive(buffer);
        Send("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,\"protocol\":1}\r\n"u8);
        Ping();
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes[..Math.Min(bytes.Length, WriteSize)])..];
    }

    public void Send(string text) => Send(Encoding.ASCII.GetBytes(text));

    /// <summary>Everything sent so far has been taken by the server.</summary>
    public void Ping()
    {
        Send("PING\r\n"u8);
        Span<byte> tail = stackalloc byte[6];
        while (true)
        {
            int count = socket.Receive(buffer);
            if (count == 0) throw new IOException("the server closed the connection");
            if (count >= 6) buffer.AsSpan(count - 6, 6).CopyTo(tail);
            if (tail.SequenceEqual("PONG\r\n"u8)) return;
        }
    }

    /// <summary>Reads until so many bytes have come.</summary>
    public void Read(long bytes)
    {
        while (bytes > 0)
        {
            int count = socket.Receive(buffer);
            if (count == 0) throw new IOException("the server closed the connection");
            bytes -= count;
        }
    }

    /// <summary>One read; how often the byte was in it.</summary>
    public int ReadAndCount(byte mark)
    {
        int count = socket.Receive(buffer);
        if (count == 0) throw new IOException("the server closed the connection");
        return buffer.AsSpan(0, count).Count(mark);
    }

    /// <summary>Sends frames of equal length with at most so many unanswered; an answer holds the mark once.</summary>
    public void SendWindowed(ReadOnlySpan<byte> frames, int frameLength, int window, byte mark)
    {
        int total = frames.Length / frameLength;
        for (int sent = 0, answered = 0; answered < total;)
        {
            int more = Math.Min(total - sent, window - (sent - answered));
            if (more > 0) Send(frames.Slice(sent * frameLength, more * frameLength));
            sent += more;
            answered += ReadAndCount(mark);
        }
    }

    /// <summary>Answers every request on a subject with one byte until the connection is disposed of.</summary>
    public void Respond(string subject)
    {
        Send($"SUB {subject} 1\r\n");
        Ping();
        new Thread(() =>
        {
            try
            {
                while (true)
                {
                    int count = socket.Receive(buffer);
                    if (count == 0) return;
                    // A PING of the server may come in the same read as a request: a request that is passed over is waited for in vain.
                    foreach (string line in Encoding.ASCII.GetString(buffer, 0, count).Split("\r\n"))
                    {
                        // MSG subject sid reply length
                        string[] tokens = line.Split(' ', 5);
                        if (tokens is ["MSG", _, _, var reply, _]) Send($"PUB {reply} 1\r\nx\r\n");
                        else if (line == "PING") Send("PONG\r\n"u8);
                    }
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Disposed of: done.
            }
        })
        { IsBackground = true }.Start();
    }

    public void Dispose() => socket.Dispose();
}
