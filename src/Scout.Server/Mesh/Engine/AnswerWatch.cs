using Scout.Checks.Sockets;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Mesh.Engine;

/// <summary>
/// When the answers to UDP probes are read. The kernel stamps each as it arrives, so nothing is lost by reading it later, and half of what a probe costs is waking up for its
/// answer: they are read when the next probe is sent, at the latest <see cref="Patience"/> after the first that is not read yet. Who has quick packets on their way, or is sent much
/// that nobody asked for, is woken by each. Owned by the engine's thread.
/// </summary>
internal sealed class AnswerWatch : IDisposable
{
    /// <summary>Tag of all these sockets together at the poller of the engine.</summary>
    public const ulong Tag = 0;

    /// <summary>Longest that an answer is left in its socket, ns. Where a probe is given less time, its deadline has the sockets read.</summary>
    public const long Patience = 250 * ProberSettings.Millisecond;

    /// <summary>So many packets in one socket at once are no answers to what it sends: left alone they would fill it.</summary>
    private const int Much = 16;

    private const long Watchful = 2 * ProberSettings.Second;

    private readonly ProbeSockets sockets;
    private readonly SocketPoller main;
    private readonly SocketPoller all = new();
    private bool listening;
    private long watchfulUntil = long.MinValue;

    /// <param name="sockets">Whose answers.</param>
    /// <param name="main">What the engine waits at.</param>
    public AnswerWatch(ProbeSockets sockets, SocketPoller main)
    {
        this.sockets = sockets;
        this.main = main;
        sockets.Register(all);
    }

    /// <summary>When the sockets are to be read at the latest, monotonic ns.</summary>
    public long ReadBy { get; private set; } = long.MaxValue;

    /// <summary>A packet went out.</summary>
    public void Sent(long at) => ReadBy = Math.Min(ReadBy, at + Patience);

    /// <summary>Before the engine sleeps: whether an answer wakes it.</summary>
    public void Listen(bool urgent, long now)
    {
        bool wanted = urgent || now < watchfulUntil;
        if (wanted == listening) return;
        listening = wanted;
        if (wanted) _ = main.Add(all.Descriptor, Tag, SocketEvents.Readable);
        else main.Remove(all.Descriptor);
    }

    /// <summary>Reads all there is.</summary>
    public void Read(ProberCore core, long now)
    {
        ReadBy = long.MaxValue;
        int ready;
        do
        {
            ready = all.Wait(0);
            for (int i = 0; i < ready; i++)
            {
                if (all.TryGet(i, out ulong tag, out SocketEvents events) && sockets.Drain((int)tag, events, core) >= Much) watchfulUntil = now + Watchful;
            }
        }
        while (ready == SocketPoller.Most);
    }

    /// <inheritdoc/>
    public void Dispose() => all.Dispose();
}
