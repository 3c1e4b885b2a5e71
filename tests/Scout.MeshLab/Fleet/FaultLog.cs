using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Scout.MeshLab.Networks;

namespace Scout.MeshLab.Fleet;

/// <summary>Hears every fault event, and every move of the check <c>mesh</c>, as it is published, with a client written from the protocol alone.</summary>
internal sealed class FaultLog : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<FaultNote> notes = [];
    private readonly Dictionary<string, int> reports = new(StringComparer.Ordinal);
    private readonly List<(long At, string Node)> critical = [];
    private readonly Socket socket;
    private readonly Task reading;

    /// <param name="network">Where.</param>
    public FaultLog(LabNetwork network)
    {
        socket = NetworkNamespace.Inside(network.Namespace("broker"), () =>
        {
            var made = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            made.Connect(new IPEndPoint(IPAddress.Loopback, 4222));
            return made;
        });
        socket.Send("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\nSUB scout.mesh.fault.> 1\r\nSUB scout.mesh.report.* 2\r\nSUB scout.event.*.mesh.transition 3\r\nPING\r\n"u8);
        reading = Task.Run(ReadAsync);
    }

    /// <summary>All there were since a moment.</summary>
    public IReadOnlyList<FaultNote> Since(long moment)
    {
        lock (gate) return [.. notes.Where(note => note.At >= moment)];
    }

    /// <summary>Reports heard of a node.</summary>
    public int Reports(string node)
    {
        lock (gate) return reports.GetValueOrDefault(node);
    }

    /// <summary>Nodes whose check <c>mesh</c> became CRITICAL since a moment.</summary>
    public IReadOnlyList<string> CriticalSince(long moment)
    {
        lock (gate) return [.. critical.Where(one => one.At >= moment).Select(static one => one.Node)];
    }

    /// <summary>Faults whose last word is not <c>cleared</c>.</summary>
    public IReadOnlyList<FaultNote> Open()
    {
        lock (gate) return [.. notes.GroupBy(note => note.Id).Select(group => group.Last()).Where(note => note.State != "cleared")];
    }

    public void Dispose()
    {
        socket.Dispose();
        reading.ContinueWith(static _ => { }, TaskScheduler.Default).Wait(TimeSpan.FromSeconds(5));
    }

    private void Moved(long at, string subject, string text)
    {
        using var document = JsonDocument.Parse(text);
        if (document.RootElement.GetProperty("data").GetProperty("to").GetString() == "CRITICAL") critical.Add((at, subject.Split('.')[2]));
    }

    private async Task ReadAsync()
    {
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        // One byte is one character, so that counts of bytes are counts of characters.
        using var reader = new StreamReader(stream, Encoding.Latin1);
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                string[] words = line.Split(' ');
                if (words[0] == "PING") await socket.SendAsync("PONG\r\n"u8.ToArray());
                if (words[0] is not ("MSG" or "HMSG")) continue;
                int total = int.Parse(words[^1], CultureInfo.InvariantCulture);
                int header = words[0] == "HMSG" ? int.Parse(words[^2], CultureInfo.InvariantCulture) : 0;
                char[] payload = new char[total + 2];
                await reader.ReadBlockAsync(payload);
                long at = TimeProvider.System.GetTimestamp();
                string text = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(payload[header..total]));
                lock (gate)
                {
                    string last = words[1].Split('.')[^1];
                    if (words[2] == "2") reports[last] = reports.GetValueOrDefault(last) + 1;
                    else if (words[2] == "3") Moved(at, words[1], text);
                    else notes.Add(FaultNote.Read(at, words[1], text));
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
        {
            // Closed by us, or by the broker that a test has stopped.
        }
    }
}

/// <summary>One event of a fault.</summary>
/// <param name="At">When it was heard.</param>
/// <param name="Text">As people read it: <c>node n7 egress</c>.</param>
internal sealed record FaultNote(long At, string Id, string State, string Kind, string Component, string Direction, string What, string Text)
{
    public static FaultNote Read(long at, string subject, string text)
    {
        using var document = JsonDocument.Parse(text);
        JsonElement data = document.RootElement.GetProperty("data");
        string Of(string name) => data.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return new FaultNote(at, subject.Split('.')[^1], Of("state"), Of("kind"), Of("component"), Of("direction"), Of("what"), Of("text"));
    }

    public override string ToString() => $"{State} {Text} ({What}, {Direction}, {Id})";
}
