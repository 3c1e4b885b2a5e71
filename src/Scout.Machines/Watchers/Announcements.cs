using Scout.Machines.Hosting;

namespace Scout.Machines.Watchers;

/// <summary>Repeats the latest event of a watcher in every state (<c>announce_interval</c>, machines.md section 2).</summary>
internal static class Announcements
{
    public static void Repeat(HostCore core, LiveWatcher watcher, Announcement announcement)
    {
        long every = watcher.Definition.AnnounceInterval!.Value.Ticks;
        announcement.Due += every;
        if (announcement.Due <= core.Clock.Now) announcement.Due = core.Clock.Now + every;
        if (announcement.Latest is not { } latest) return;
        MachineEvent repeated = latest switch
        {
            CheckEvent check => check with { Announce = true },
            WatcherEvent other => other with { Announce = true },
            _ => latest,
        };
        core.Step.Events.Add(repeated with { Id = core.Options.NewId(), Time = core.Clock.Wall });
    }
}
