using Scout.Server.Http;
using Scout.Server.Loop;
using Scout.Server.Memory;

namespace Scout.Server.Life;

/// <summary>What the loop does of its own accord, besides machines: shows that it turns, keeps the heap small, feeds the watchdog.</summary>
internal static class NodePulse
{
    /// <param name="loop">Not turning yet.</param>
    /// <param name="pages">Their <c>/healthz</c> asks for the pulse.</param>
    /// <param name="systemd">Says nothing when nobody listens.</param>
    /// <param name="summary">The node in a line.</param>
    public static void Begin(NodeLoop loop, HttpPages pages, SystemdNotifier systemd, Func<string> summary)
    {
        loop.Turned = pages.Tick;
        // When the definitions have been read, when most of them have run and the compiler has seen what runs often, and then now and then: an operator's
        // question wakes code that is not wanted again for hours. How far the first generation grows is set for the executable (Scout.Cli.csproj).
        loop.Every(TimeSpan.FromHours(1), IdleMemory.GiveBack, first: TimeSpan.FromSeconds(5));
        loop.Every(TimeSpan.FromHours(1), IdleMemory.GiveBack, first: TimeSpan.FromSeconds(30));
        if (systemd.WatchdogInterval is { } beat) loop.Every(beat, systemd.Watchdog, first: TimeSpan.Zero);
        if (systemd.IsActive) loop.Every(TimeSpan.FromSeconds(30), () => systemd.Status(summary()));
    }
}
