using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Scout.Protocol.Rpc;
using Scout.Server.Logging;
using Scout.Server.Metrics;
using Scout.Server.Native;
using Scout.Server.Rpc;

namespace Scout.Server.LocalSockets;

/// <summary>
/// The node without a broker (server.md section 6): the same requests and replies, a JSON object a line, on a Unix socket. Who asks is what the kernel
/// says (<c>SO_PEERCRED</c>).
/// </summary>
internal sealed class LocalSocket : IAsyncDisposable
{
    public const int ConnectionLimit = 64;

    private readonly Socket listener;
    private readonly string path;
    private readonly TimeProvider time;
    private readonly NodeCounters counters;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<SocketSession, Task> clients = [];
    private readonly Lock gate = new();
    private RpcService? service;
    private Task? serving;

    private LocalSocket(Socket listener, string path, TimeProvider time, NodeCounters counters, ILogger log)
    {
        this.listener = listener;
        this.path = path;
        this.time = time;
        this.counters = counters;
        this.log = log;
    }

    /// <summary>
    /// Binds and listens; requests are answered <c>busy</c> until <see cref="Serve"/>. A stale file is removed only when it is a socket; the caller holds
    /// the lock of the data directory.
    /// </summary>
    /// <exception cref="Life.LifeException">It cannot be bound.</exception>
    public static LocalSocket Bind(string path, string group, TimeProvider time, NodeCounters counters, ILogger log)
    {
        uint gid = 0;
        if (group.Length > 0 && !Accounts.TryGroup(group, out gid)) throw new Life.LifeException(2, $"socket_group: '{group}' is not a group of this system");
        int errno = FileStatus.Look(path, follow: false, out FileStatus status);
        if (errno == 0)
        {
            if (!status.IsSocket) throw new Life.LifeException(3, $"{path} exists and is no socket; remove it, or give another socket");
            File.Delete(path);
        }

        var bound = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        // Made without any right, opened to the group only when it is ours: there is no moment at which others get in.
        uint before = Libc.Umask(0b001_111_111);
        try
        {
            SocketPath.Bind(bound, path);
            if (group.Length > 0)
            {
                if (Libc.Chown(path, uint.MaxValue, gid) != 0 || Libc.Chmod(path, 0b110_110_000) != 0) throw new SocketException();
            }
            else
            {
                _ = Libc.Chmod(path, 0b110_000_000);
            }

            bound.Listen(ConnectionLimit);
        }
        catch (Exception error) when (error is SocketException or IOException or UnauthorizedAccessException)
        {
            bound.Dispose();
            throw new Life.LifeException(3, $"socket {path} cannot be opened: {error.Message}");
        }
        finally
        {
            _ = Libc.Umask(before);
        }

        var socket = new LocalSocket(bound, path, time, counters, log);
        socket.serving = socket.AcceptAsync();
        return socket;
    }

    /// <summary>From here on requests are answered.</summary>
    public void Serve(RpcService answers) => Volatile.Write(ref service, answers);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        listener.Dispose();
        if (serving is not null) await serving;
        Task[] open;
        lock (gate) open = [.. clients.Values];
        await Task.WhenAll(open);
        stop.Dispose();
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next start removes it.
        }
    }

    private static RpcCaller CallerOf(Socket client)
    {
        // struct ucred: pid, uid, gid
        Span<byte> credentials = stackalloc byte[12];
        client.GetRawSocketOption(1, 17, credentials);
        uint uid = BitConverter.ToUInt32(credentials[4..8]);
        return new RpcCaller("local:" + (Accounts.UserName(uid) ?? $"uid-{uid}"), IsLocal: true);
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Socket client = await listener.AcceptAsync(stop.Token);
                lock (gate)
                {
                    if (clients.Count >= ConnectionLimit)
                    {
                        counters.Limits.Add("socket");
                        // Those that only hold a connection must not keep out whoever has something to ask.
                        if (!DropIdle())
                        {
                            client.Dispose();
                            continue;
                        }
                    }

                    var session = new SocketSession(client, CallerOf(client), () => Volatile.Read(ref service), time, log);
                    Task running = session.RunAsync(stop.Token);
                    clients.Add(session, running);
                    _ = running.ContinueWith(done => Gone(done, session), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), time);
            }
        }
    }

    // The one that has been silent longest, when there is one without a request in work. Under the gate.
    private bool DropIdle()
    {
        (SocketSession Session, long Since)? idle = null;
        foreach (SocketSession one in clients.Keys)
        {
            if (one.IdleSince is { } since && (idle is null || since < idle.Value.Since)) idle = (one, since);
        }

        if (idle is not { } longest) return false;
        clients.Remove(longest.Session);
        longest.Session.Drop();
        return true;
    }

    private void Gone(Task done, SocketSession session)
    {
        session.Dispose();
        lock (gate) clients.Remove(session);
        if (done.Exception is { } error) LogMessages.RequestFailed(log, error);
    }
}
