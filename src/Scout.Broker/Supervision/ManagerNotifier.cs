using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Scout.Broker.Supervision;

/// <summary>Datagrams to systemd's notify socket, sd_notify(3), abstract names too. Says nothing when there is none.</summary>
internal sealed class ManagerNotifier : IDisposable
{
    private readonly Socket? socket;
    private readonly UnixDomainSocketEndPoint? manager;

    /// <param name="environment">Gives <c>NOTIFY_SOCKET</c>, <c>WATCHDOG_USEC</c> and <c>WATCHDOG_PID</c>.</param>
    public ManagerNotifier(Func<string, string?> environment)
    {
        if (environment("NOTIFY_SOCKET") is not { Length: > 1 } path || path[0] is not ('/' or '@')) return;
        manager = new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path);
        socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        bool ours = environment("WATCHDOG_PID") is not { Length: > 0 } pid || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (ours && long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit > 0) WatchdogInterval = TimeSpan.FromMicroseconds(limit / 2.0);
    }

    /// <summary>How often we must show that we live; null when nobody watches.</summary>
    public TimeSpan? WatchdogInterval { get; }

    public void Ready(string status) => Send("READY=1\nSTATUS=" + status.ReplaceLineEndings(" "));

    public void Status(string status) => Send("STATUS=" + status.ReplaceLineEndings(" "));

    public void Stopping() => Send("STOPPING=1");

    /// <summary>Shows that we live until stopped.</summary>
    public async Task WatchdogAsync(TimeProvider time, CancellationToken stop)
    {
        if (WatchdogInterval is not { } interval) return;
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            do Send("WATCHDOG=1");
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    public void Dispose() => socket?.Dispose();

    private void Send(string message)
    {
        try
        {
            socket?.SendTo(Encoding.UTF8.GetBytes(message), manager!);
        }
        catch (SocketException)
        {
            // The manager is gone or its queue is full; it will ask in its own way.
        }
    }
}
