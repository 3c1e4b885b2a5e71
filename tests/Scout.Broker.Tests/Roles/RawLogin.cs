using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Scout.Nats;

namespace Scout.Broker.Tests.Roles;

/// <summary>A message that arrived.</summary>
public sealed record RawMessage(string Subject, string Sid, string? Reply, string Headers, string Body);

/// <summary>
/// A line that speaks the protocol of NATS and nothing better: it sends whatever it is told, also what our client would refuse, and keeps every answer.
/// </summary>
public sealed class RawLogin : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Socket socket;
    private readonly RoleLogin login;
    private readonly byte[] buffer = new byte[64 * 1024];
    private readonly List<byte> unread = [];
    private int requests;

    private RawLogin(Socket socket, RoleLogin login)
    {
        this.socket = socket;
        this.login = login;
    }

    /// <summary>Public key of the user.</summary>
    public string Key => login.Key.PublicKey;

    /// <summary>Prefix of inboxes.</summary>
    public string Inbox => login.Inbox;

    /// <summary>Errors of the server since the last <see cref="SyncAsync"/>.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>Everything that arrived and was not taken.</summary>
    public List<RawMessage> Messages { get; } = [];

    public bool Closed { get; private set; }

    /// <param name="port">On 127.0.0.1.</param>
    /// <param name="login">Who.</param>
    /// <param name="seed">Signs the nonce in place of the login's own key.</param>
    public static async Task<RawLogin> ConnectAsync(int port, RoleLogin login, NKeyPair? seed = null)
    {
        RawLogin line = await GreetAsync(port, login, seed);
        await line.SyncAsync();
        return line;
    }

    /// <summary>Tries to log in, and gives what the server says before it closes the line.</summary>
    public static async Task<IReadOnlyList<string>> RefusedAsync(int port, RoleLogin login, NKeyPair? seed = null)
    {
        await using RawLogin line = await GreetAsync(port, login, seed);
        return await line.EndAsync();
    }

    private static async Task<RawLogin> GreetAsync(int port, RoleLogin login, NKeyPair? seed)
    {
        var opened = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await opened.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        var line = new RawLogin(opened, login);
        string info = await line.LineAsync();
        using JsonDocument json = JsonDocument.Parse(info["INFO ".Length..]);
        string nonce = json.RootElement.GetProperty("nonce").GetString()!;
        string signature = System.Buffers.Text.Base64Url.EncodeToString((seed ?? login.Key).Sign(Encoding.ASCII.GetBytes(nonce)));
        await line.SendAsync($$"""CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"protocol":1,"lang":"raw","version":"0","jwt":"{{login.Jwt}}","sig":"{{signature}}"}""" + "\r\n");
        return line;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        try
        {
            for (int sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes.AsMemory(sent));
        }
        catch (SocketException)
        {
            Closed = true;
        }
    }

    public Task PublishAsync(string subject, string body = "", string? reply = null, params string[] headers) => SendAsync(Publish(subject, body, reply, headers));

    public static string Publish(string subject, string body = "", string? reply = null, params string[] headers)
    {
        string to = reply is null ? "" : reply + " ";
        int size = Encoding.UTF8.GetByteCount(body);
        if (headers.Length == 0) return string.Create(CultureInfo.InvariantCulture, $"PUB {subject} {to}{size}\r\n{body}\r\n");
        string block = "NATS/1.0\r\n" + string.Concat(headers.Select(static header => header + "\r\n")) + "\r\n";
        return string.Create(CultureInfo.InvariantCulture, $"HPUB {subject} {to}{block.Length} {block.Length + size}\r\n{block}{body}\r\n");
    }

    public async Task<string> SubscribeAsync(string subject)
    {
        string sid = "s" + (++requests).ToString(CultureInfo.InvariantCulture);
        await SendAsync($"SUB {subject} {sid}\r\n");
        return sid;
    }

    /// <summary>Publishes and waits for one answer, at the inbox of this user: its body, or its headers when it has none.</summary>
    public async Task<string> RequestAsync(string subject, string body = "", params string[] headers)
    {
        RawMessage answer = await AskAsync(subject, body, headers);
        return answer.Body.Length > 0 ? answer.Body : answer.Headers;
    }

    /// <summary>Publishes and waits for one answer, at the inbox of this user.</summary>
    public async Task<RawMessage> AskAsync(string subject, string body = "", params string[] headers)
    {
        string inbox = string.Create(CultureInfo.InvariantCulture, $"{Inbox}.r{++requests}");
        string sid = await SubscribeAsync(inbox);
        await PublishAsync(subject, body, inbox, headers);
        RawMessage answer = await TakeAsync(message => message.Sid == sid);
        await SendAsync($"UNSUB {sid}\r\n");
        return answer;
    }

    /// <summary>The first message that fits; waits for it.</summary>
    public async Task<RawMessage> TakeAsync(Func<RawMessage, bool> fits)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (Messages.Find(message => fits(message)) is { } found)
            {
                Messages.Remove(found);
                return found;
            }

            Assert.False(Closed, "the server closed the line: " + string.Join("; ", Errors));
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Patience, "no such message; errors: " + string.Join("; ", Errors) + "; messages: " + string.Join("; ", Messages.Select(static one => one.Subject)));
            await ReadAsync();
        }
    }

    /// <summary>One round trip: everything that was sent before has been judged after it. Gives the errors that came.</summary>
    public async Task<IReadOnlyList<string>> SyncAsync()
    {
        await SendAsync("PING\r\n");
        while (!Closed && !await ReadAsync())
        {
        }

        string[] errors = [.. Errors];
        Errors.Clear();
        return errors;
    }

    /// <summary>Reads until the server closes the line, without another byte of ours: what it says last would be lost with it.</summary>
    public async Task<IReadOnlyList<string>> EndAsync()
    {
        while (!Closed) await ReadAsync();
        return Errors;
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads one frame; true for a PONG.</summary>
    private async Task<bool> ReadAsync()
    {
        string line = await LineAsync();
        if (Closed) return false;
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        switch (words[0])
        {
            case "PONG":
                return true;
            case "PING":
                await SendAsync("PONG\r\n");
                return false;
            case "-ERR":
                Errors.Add(line["-ERR ".Length..].Trim('\''));
                return false;
            case "MSG":
                Messages.Add(new RawMessage(words[1], words[2], words.Length > 4 ? words[3] : null, "", await BodyAsync(Number(words[^1]))));
                return false;
            case "HMSG":
                int header = Number(words[^2]);
                string headers = await BytesAsync(header);
                Messages.Add(new RawMessage(words[1], words[2], words.Length > 5 ? words[3] : null, headers, await BodyAsync(Number(words[^1]) - header)));
                return false;
            default:
                return false;
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private async Task<string> BodyAsync(int count)
    {
        string body = await BytesAsync(count + 2);
        return body.Length >= 2 ? body[..^2] : "";
    }

    private async Task<string> BytesAsync(int count)
    {
        while (unread.Count < count && await FillAsync())
        {
        }

        if (unread.Count < count) return "";
        string text = Encoding.UTF8.GetString([.. unread[..count]]);
        unread.RemoveRange(0, count);
        return text;
    }

    private async Task<string> LineAsync()
    {
        int end;
        while ((end = unread.IndexOf((byte)'\n')) < 0)
        {
            if (!await FillAsync()) return "";
        }

        string line = Encoding.UTF8.GetString([.. unread[..end]]).TrimEnd('\r');
        unread.RemoveRange(0, end + 1);
        return line;
    }

    private async Task<bool> FillAsync()
    {
        try
        {
            int count = await socket.ReceiveAsync(buffer).WaitAsync(Patience, TimeProvider.System);
            unread.AddRange(buffer.AsSpan(0, count));
            Closed |= count == 0;
        }
        catch (SocketException)
        {
            Closed = true;
        }

        return !Closed;
    }
}
