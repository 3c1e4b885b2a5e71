using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Timing;

namespace Scout.Machines.Analysis;

/// <summary>When watchers are due on a node: the phase is a hash, so that this can be said without asking the node (machines.md 6.1, 6.2).</summary>
internal static class DueTimes
{
    public static ImmutableArray<ExplainedDue> Of(MachineDefinition machine, string node, DateTimeOffset now, TimeZoneInfo zone)
    {
        var due = ImmutableArray.CreateBuilder<ExplainedDue>();
        foreach (WatcherDefinition watcher in machine.Watchers)
        {
            Placement place = Placement.Of(node, machine.Name, watcher.Name);
            switch (watcher)
            {
                case NagiosWatcher { Interval: { } interval } check:
                    due.Add(new ExplainedDue(watcher.Name, "first check after a change", null, place.Place(check.Splay)));
                    DateTimeOffset tick = NextTick(now, interval, place);
                    for (int i = 0; i < 3; i++) due.Add(new ExplainedDue(watcher.Name, "check", tick + (interval * i), null));
                    break;
                case NagiosWatcher:
                    due.Add(new ExplainedDue(watcher.Name, "only when FORCE_CHECK asks", null, null));
                    break;
                case ExecWatcher { Interval: { } interval }:
                    due.Add(new ExplainedDue(watcher.Name, "on entry, then after its last start", null, interval));
                    break;
                case ExecWatcher:
                    due.Add(new ExplainedDue(watcher.Name, "on entry", null, TimeSpan.Zero));
                    break;
                case ScheduleWatcher schedule:
                    Schedule(due, schedule, place, now, schedule.TimeZone ?? zone);
                    break;
                case TimerWatcher timer:
                    due.Add(new ExplainedDue(watcher.Name, "expires after entry", null, timer.Splay ? Longer(place.Place(timer.Timer), TimeSpan.FromSeconds(1)) : timer.Timer));
                    break;
                case { Interval: { } interval }:
                    due.Add(new ExplainedDue(watcher.Name, $"first look after a start, then every {DurationText.Format(interval)}", null,
                        place.Place(interval < TimeSpan.FromSeconds(10) ? interval : TimeSpan.FromSeconds(10))));
                    break;
            }
        }

        return due.ToImmutable();
    }

    /// <summary>The first Unix time after a moment with <c>(t - place(interval)) mod interval = 0</c>.</summary>
    public static DateTimeOffset NextTick(DateTimeOffset now, TimeSpan interval, Placement place)
    {
        long pace = (long)interval.TotalMilliseconds;
        long phase = place.PlaceMilliseconds(pace);
        long at = now.ToUnixTimeMilliseconds();
        long gone = (((at - phase) % pace) + pace) % pace;
        return DateTimeOffset.FromUnixTimeMilliseconds(at + pace - gone);
    }

    private static void Schedule(ImmutableArray<ExplainedDue>.Builder due, ScheduleWatcher schedule, Placement place, DateTimeOffset now, TimeZoneInfo zone)
    {
        TimeSpan late = place.Place(schedule.StartSplay);
        IEnumerable<DateTimeOffset> next = schedule.Schedules.SelectMany(line => Occurrences(line, now - late, zone)).Distinct().Order().Take(3);
        foreach (DateTimeOffset occurrence in next) due.Add(new ExplainedDue(schedule.Name, "on", occurrence + late, null));
    }

    private static IEnumerable<DateTimeOffset> Occurrences(CronSchedule line, DateTimeOffset after, TimeZoneInfo zone)
    {
        for (int i = 0; i < 3 && line.Next(after, zone) is { } next; i++)
        {
            yield return next;
            after = next;
        }
    }

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
