using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Scout.Cli.Errors;
using Scout.Cli.Views;
using Scout.Protocol;
using Scout.Protocol.CloudEvents;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Asking;

/// <summary>One node behind its local socket: JSON lines, replies matched by id (server.md section 6).</summary>
internal sealed class SocketClient : INodeAsker
{
    private const int InFlight = 16;
    private const int LongestReply = 1024 * 1024;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly Socket socket;
    private readonly TimeProvider time;
    private readonly TimeSpan timeout;
    private readonly SemaphoreSlim slots = new(InFlight);
    private readonly SemaphoreSlim writing = new(1);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Received>> waiting = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource ended = new();
    private readonly Task reading;
    private NodeAnswer? self;

    private SocketClient(Socket socket, string path, TimeProvider time, TimeSpan timeout)
    {
        this.socket = socket;
        this.time = time;
        this.timeout = timeout;
        Where = path;
        reading = ReadAsync();
    }

    public string Where { get; }

    public bool IsFleet => false;

    /// <exception cref="CliException">Nobody listens, or it is not allowed.</exception>
    public static async Task<SocketClient> ConnectAsync(string path, TimeProvider time, TimeSpan timeout, CancellationToken stop)
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var address = new SocketAddress(path);
            using var limited = CancellationTokenSource.CreateLinkedTokenSource(stop);
            using var deadline = new CancellationTokenSource(ConnectTimeout, time);
            using CancellationTokenRegistration link = deadline.Token.Register(limited.Cancel);
            await client.ConnectAsync(address.EndPoint, limited.Token);
            return new SocketClient(client, path, time, timeout);
        }
        catch (Exception failure) when (failure is SocketException or IOException || (failure is OperationCanceledException && !stop.IsCancellationRequested))
        {
            client.Dispose();
            throw Refused(path, failure);
        }
    }

    public async Task<IReadOnlyList<KnownNode>> KnownAsync(CancellationToken stop)
    {
        NodeAnswer answer = await SelfAsync(stop);
        return [new KnownNode(answer.Node, null)];
    }

    public async Task<IReadOnlyList<NodeAnswer>> AskAsync(IReadOnlyList<Question> questions, TimeSpan wait, Action<NodeAnswer>? progress, CancellationToken stop)
    {
        async Task<NodeAnswer> OneAsync(Question question)
        {
            NodeAnswer answer = await AskAsync(question, wait, stop);
            progress?.Invoke(answer);
            return answer;
        }

        return await Task.WhenAll(questions.Select(OneAsync));
    }

    public async IAsyncEnumerable<EventRow> EventsAsync(EventQuery query, [EnumeratorCancellation] CancellationToken stop)
    {
        string node = (await SelfAsync(stop)).Node;
        var last = new Queue<EventRow>();
        // From the oldest on, page by page; the newest page alone when only the last ones are wanted.
        EventSequence? after = query.Last is null ? default(EventSequence) : null;
        bool catchingUp = query.Last is not null;
        while (true)
        {
            bool wait = query.Follow && !catchingUp;
            (HistoryResult page, bool more) = await PageAsync(query, node, after, wait, stop);
            EventSequence? before = after;
            if (catchingUp && after is null && more && page.Events.Length < query.Last)
            {
                // The last ones do not fit into one page: they are those that are left when everything has been read.
                after = default(EventSequence);
                continue;
            }

            foreach (JsonElement element in page.Events)
            {
                if (Read(element, node) is not { } row) continue;
                if (EventSequence.TryParse(row.Event.Extension("sequence"), out EventSequence sequence)) after = sequence;
                if (!query.Matches(row)) continue;
                if (!catchingUp)
                {
                    yield return row;
                    continue;
                }

                last.Enqueue(row);
                if (last.Count > query.Last) last.Dequeue();
            }

            // A page that leads no further would come again for ever.
            if (page.Events.Length > 0 && after != before) continue;
            if (catchingUp)
            {
                foreach (EventRow row in last) yield return row;
                catchingUp = false;
            }

            if (!query.Follow) yield break;
        }
    }

    /// <summary>A socket has no stream to remember anything.</summary>
    public Task<IReadOnlyList<StatusRow>> LastWordsAsync(string node, CancellationToken stop) => Task.FromResult<IReadOnlyList<StatusRow>>([]);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        socket.Dispose();
        await reading;
        ended.Dispose();
        slots.Dispose();
        writing.Dispose();
    }

    private static CliException Refused(string path, Exception failure) => failure switch
    {
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            CliException.NoConnection($"{path}: permission denied", "the socket is for the server's user and its socket_group; try sudo"),
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
            IsFile(path)
                ? CliException.NoConnection($"{path}: this is a file and no socket", "the server's log names the socket it made, mostly server.sock in its data directory")
                : CliException.NoConnection($"{path}: no server listens there any more", "start it again: systemctl start scout, or scout server run"),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } or SocketException { ErrorCode: 2 } =>
            CliException.NoConnection($"{path}: there is no such socket", "is the server running? its log names the socket it made; --socket PATH names another"),
        _ => CliException.NoConnection($"{path}: {failure.Message}", "is this the socket of a scout server?"),
    };

    // A file can be opened, a socket cannot.
    private static bool IsFile(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // A reply that cannot be read still ends the wait of whoever asked.
    private static string IdOf(byte[] line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.String ? id.GetString()! : "";
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return "";
        }
    }

    private static EventRow? Read(JsonElement element, string node)
    {
        byte[] stored = Encoding.UTF8.GetBytes(element.GetRawText());
        if (!CloudEventJson.TryRead(stored, out CloudEvent? one, out _)) return null;
        return EventTypes.KindOf(one.Type) is { } kind ? new EventRow(node, one.Subject ?? Names.NodeItself, kind, one, stored) : null;
    }

    private async Task<NodeAnswer> SelfAsync(CancellationToken stop)
    {
        if (self is not null) return self;
        NodeAnswer answer = await AskAsync(new Question("", new RpcRequest { Id = RequestIds.Next(), Args = new PingArgs() }), timeout, stop);
        if (answer.Reply is null) throw CliException.NoConnection($"{Where}: the server does not answer within {Rendering.Ages.Took(timeout)}", "its log may say why; --timeout waits longer");
        if (answer.Reply.Code == RpcCode.Busy) throw CliException.NoConnection($"{Where}: the server is busy: {answer.Reply.Message}", "it is starting; try again in a moment");
        return self = answer with { Node = answer.Reply.Node };
    }

    private async Task<(HistoryResult Page, bool More)> PageAsync(EventQuery query, string node, EventSequence? after, bool wait, CancellationToken stop)
    {
        var args = new HistoryArgs(
            [.. query.Selection.MachinesOf(node)], [.. query.Kinds], query.Since, null, after, RpcLimits.MaxHistoryLimit, wait ? RpcLimits.MaxHistoryWait : 0)
        { Audit = query.Audit };
        TimeSpan limit = wait ? timeout + TimeSpan.FromMilliseconds(RpcLimits.MaxHistoryWait) : timeout;
        NodeAnswer answer = await AskAsync(new Question(node, new RpcRequest { Id = RequestIds.Next(), Args = args }), limit, stop);
        RpcReply reply = answer.Reply ?? throw CliException.NoConnection($"{Where}: {answer.Problem ?? "the server does not answer"}", "its log may say why");
        if (reply.Results is [HistoryResult page, ..]) return (page, reply.Truncated > 0);
        if (reply.Code == RpcCode.Ok) return (new HistoryResult { Events = [] }, false);
        throw new CliException(reply.Code == RpcCode.Denied ? ExitCode.NoConnection : ExitCode.TargetFailed, $"{Where}: {RpcCodes.Name(reply.Code)}: {reply.Message}");
    }

    private async Task<NodeAnswer> AskAsync(Question question, TimeSpan wait, CancellationToken stop)
    {
        var reply = new TaskCompletionSource<Received>(TaskCreationOptions.RunContinuationsAsynchronously);
        string id = question.Request.Id;
        await slots.WaitAsync(stop);
        long sent = time.GetTimestamp();
        try
        {
            waiting[id] = reply;
            await writing.WaitAsync(stop);
            try
            {
                await socket.SendAsync(RpcRequestWriter.ToLine(question.Request), SocketFlags.None, stop);
            }
            finally
            {
                writing.Release();
            }

            Received received = await reply.Task.WaitAsync(wait, time, stop);
            string node = question.Node.Length > 0 ? question.Node : received.Reply?.Node ?? "";
            return received.Reply is null
                ? new NodeAnswer(node, NodeOutcome.Silent) { Problem = received.Problem }
                : new NodeAnswer(node, NodeOutcome.Answered) { Reply = received.Reply, Raw = received.Raw, RoundTrip = time.GetElapsedTime(sent) };
        }
        catch (TimeoutException)
        {
            return new NodeAnswer(question.Node, NodeOutcome.Silent);
        }
        catch (SocketException failure)
        {
            return new NodeAnswer(question.Node, NodeOutcome.Silent) { Problem = failure.Message };
        }
        finally
        {
            waiting.TryRemove(id, out _);
            slots.Release();
        }
    }

    private async Task ReadAsync()
    {
        string problem = "the server closed the connection";
        try
        {
            using var stream = new NetworkStream(socket, ownsSocket: false);
            await foreach (byte[] line in Lines.ReadAsync(stream, LongestReply, ended.Token))
            {
                RpcReplyReader.TryRead(line, out RpcReply? reply, out string? error);
                if (error is not null) problem = error;
                if (waiting.TryGetValue(reply?.Id ?? IdOf(line), out TaskCompletionSource<Received>? waiter)) waiter.TrySetResult(new Received(reply, line, error));
            }
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidDataException)
        {
            if (failure is InvalidDataException) problem = failure.Message;
        }

        foreach (TaskCompletionSource<Received> waiter in waiting.Values) waiter.TrySetResult(new Received(null, default, problem));
    }

    private sealed record Received(RpcReply? Reply, ReadOnlyMemory<byte> Raw, string? Problem);
}
