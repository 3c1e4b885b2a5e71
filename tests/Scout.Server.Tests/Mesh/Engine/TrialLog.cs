using System.Collections.Concurrent;
using Scout.Server.Mesh.Probing;

namespace Scout.Server.Tests.Mesh.Engine;

/// <summary>Keeps what the engine tells.</summary>
internal sealed class TrialLog : IMeshObserver
{
    public ConcurrentQueue<UdpTrial> Udp { get; } = new();

    public ConcurrentQueue<UdpTrial> Late { get; } = new();

    public ConcurrentQueue<TcpTrial> Tcp { get; } = new();

    public ConcurrentQueue<MeshNote> Notes { get; } = new();

    public ConcurrentQueue<(string Peer, bool Leaving)> Presence { get; } = new();

    public int Ok => Udp.Count(trial => trial.Outcome == UdpOutcome.Ok);

    void IMeshObserver.Udp(in UdpTrial trial) => Udp.Enqueue(trial);

    void IMeshObserver.Late(in UdpTrial trial) => Late.Enqueue(trial);

    void IMeshObserver.Direction(in UdpTrial trial)
    {
    }

    void IMeshObserver.Tcp(in TcpTrial trial) => Tcp.Enqueue(trial);

    void IMeshObserver.Stall(long from, long until)
    {
    }

    void IMeshObserver.Note(MeshNote note, MeshPath? path) => Notes.Enqueue(note);

    void IMeshObserver.Leaving(MeshPath path, bool leaving) => Presence.Enqueue((path.Peer, leaving));

    void IMeshObserver.SuspectSelf(bool suspected, long now)
    {
    }
}
