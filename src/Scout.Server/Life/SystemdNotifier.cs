using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Scout.Server.Life;

/// <summary>Datagrams to systemd's notify socket, sd_notify(3), abstract names too. Says nothing when there is none.</summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? socket;
    private readonly UnixDomainSocketEndPoint? manager;

    /// <param name="path">The value of <c>NOTIFY_SOCKET</c>, or null.</param>
    /// <param name="watchdogMicroseconds">The value of <c>WATCHDOG_USEC</c>, or null.</param>
    /// <param name="watchdogPid">The value of <c>WATCHDOG_PID</c>, or null.</param>
    /// <param name="pid">Our own.</param>
    public SystemdNotifier(string? path, string? watchdogMicroseconds, string? watchdogPid, int pid)
    {
        if (string.IsNullOrEmpty(path) || (path[0] != '/' && path[0] != '@')) return;
        manager = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        // The watchdog is fed from the loop: a full queue of the manager must not stop it.
        socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        bool ours = string.IsNullOrEmpty(watchdogPid) || watchdogPid == pid.ToString(CultureInfo.InvariantCulture);
        if (ours && long.TryParse(watchdogMicroseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit > 0)
        {
            WatchdogInterval = TimeSpan.FromMicroseconds(limit / 2.0);
        }
    }

    /// <summary>How often the loop must show that it turns; null when nobody watches.</summary>
    public TimeSpan? WatchdogInterval { get; }

    public bool IsActive => socket is not null;

    public void Ready(string status) => Send($"READY=1\nSTATUS={OneLine(status)}");

    public void Status(string status) => Send($"STATUS={OneLine(status)}");

    /// <param name="monotonicMicroseconds">CLOCK_MONOTONIC, which systemd compares with its own.</param>
    public void Reloading(long monotonicMicroseconds) => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={monotonicMicroseconds}"));

    public void Stopping() => Send("STOPPING=1");

    public void Watchdog() => Send("WATCHDOG=1");

    public void Dispose() => socket?.Dispose();

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private void Send(string message)
    {
        if (socket is null) return;
        try
        {
            socket.SendTo(Encoding.UTF8.GetBytes(message), manager!);
        }
        catch (SocketException)
        {
            // The manager is gone or its queue is full; it will ask in its own way.
        }
    }
}
