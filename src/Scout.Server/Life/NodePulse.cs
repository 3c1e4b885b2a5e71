using Scout.Server.Http;
using Scout.Server.Loop;

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
        // One thorough look when the definitions have been read; how far the first generation grows is set for the executable (Scout.Cli.csproj).
        bool settled = false;
        loop.Every(
            TimeSpan.FromHours(1),
            () =>
            {
                if (!settled) GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                settled = true;
            },
            first: TimeSpan.FromSeconds(5));
        if (systemd.WatchdogInterval is { } beat) loop.Every(beat, systemd.Watchdog, first: TimeSpan.Zero);
        if (systemd.IsActive) loop.Every(TimeSpan.FromSeconds(30), () => systemd.Status(summary()));
    }
}
