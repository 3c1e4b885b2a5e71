using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Hosting;

/// <summary>Due times that make no run are counted by their cause and never made up (machines.md 6.1, server.md section 5).</summary>
public sealed class SkippedTickTests
{
    [Fact]
    public void A_check_that_takes_longer_than_its_interval_skips_ticks_while_it_runs()
    {
        Scene scene = OneCheck().Given("check", Takes(seconds: 25)).Start().Advance(60);
        // Starts at 0, 30, 60: of each three ticks two are missed.
        Assert.Equal(3, scene.RunsOf("check"));
        Assert.Equal((4, 0, 0), Skipped(scene));
    }

    [Fact]
    public void A_check_that_waits_for_a_slot_skips_ticks_while_it_waits()
    {
        Scene scene = OneCheck().Given("check", Takes(seconds: 1) with { Waits = TimeSpan.FromSeconds(28) }).Start().Advance(60);
        // Due at 0, run from 28 to 29, due again at 40: 10, 20 and 30 passed meanwhile.
        Assert.Equal(2, scene.RunsOf("check"));
        Assert.Equal((0, 3, 0), Skipped(scene));
    }

    [Fact]
    public void A_host_that_slept_looks_once_and_tells_how_many_ticks_it_missed()
    {
        Scene scene = OneCheck().Start().Advance(10);
        scene.Simulation.Time.MoveTo(scene.Simulation.Time.Now + TimeSpan.FromSeconds(52).Ticks);
        scene.Advance(0);
        Assert.Equal(3, scene.RunsOf("check"));
        // Due at 20, looked at 62; the next one is at 70.
        Assert.Equal((0, 0, 4), Skipped(scene));
        Assert.Equal(scene.Now + TimeSpan.FromSeconds(8), scene.View("disk").NextDue);
    }

    [Fact]
    public void A_command_whose_tick_comes_while_it_waits_or_runs_counts_it_where_it_belongs()
    {
        Scene scene = Exec().Given("look", Takes(seconds: 22) with { Waits = TimeSpan.FromSeconds(33) }).Start().Advance(58);
        // Asked at 0, in its slot from 33 to 55: the ticks at 10, 20 and 30 found it waiting, those at 40 and 50 running.
        Assert.Equal((2, 3, 0), Skipped(scene));
    }

    [Fact]
    public void A_command_or_metric_of_a_host_that_slept_runs_once()
    {
        Scene scene = Exec().Start().Advance(10);
        scene.Simulation.Time.MoveTo(scene.Simulation.Time.Now + TimeSpan.FromSeconds(45).Ticks);
        scene.Advance(0);
        Assert.Equal((0, 0, 3), Skipped(scene));
        Scene metric = new(Make.Of("m", Make.Table("A", Make.To("go", ["A"], "B")), [new MetricWatcher { Name = "numbers", Command = Make.Command("numbers"), Interval = TimeSpan.FromSeconds(10) }]));
        metric.Start().Advance(10);
        metric.Simulation.Time.MoveTo(metric.Simulation.Time.Now + TimeSpan.FromSeconds(45).Ticks);
        metric.Advance(0);
        Assert.Equal((0, 0, 3), Skipped(metric));
    }

    [Fact]
    public void Data_beyond_their_bound_are_counted()
    {
        var exec = new ExecWatcher { Name = "look", Command = Make.Command("look"), Interval = TimeSpan.FromMinutes(1), ParseAsData = true };
        var scene = new Scene(Make.Of("m", Make.Table("A", Make.To("go", ["A"], "B")), [exec]));
        scene.Given("look", Answer.Exit(0, "no json")).Start();
        Assert.Equal(0, scene.Host.Counters.DataRefused);
        scene.Given("look", Answer.Exit(0, $$"""{"text":"{{new string('x', 70_000)}}"}""")).Advance(60);
        Assert.Equal((1, "failure"), (scene.Host.Counters.DataRefused, scene.WatcherEvents.Last().Outcome));
        scene.Given("look", Answer.Exit(0, """{"text":"x"}""")).Advance(60);
        Assert.Equal((1, "success"), (scene.Host.Counters.DataRefused, scene.WatcherEvents.Last().Outcome));
    }

    private static Answer Takes(double seconds) => Answer.Ok with { Takes = TimeSpan.FromSeconds(seconds) };

    private static (long Running, long Waiting, long Asleep) Skipped(Scene scene) =>
        (scene.Host.Counters.TicksWhileRunning, scene.Host.Counters.TicksWhileWaiting, scene.Host.Counters.TicksWhileAsleep);

    private static Scene OneCheck() =>
        new(Make.Check("disk", check => check with { Interval = TimeSpan.FromSeconds(10), Timeout = TimeSpan.FromSeconds(60) }));

    private static Scene Exec() => new(Make.Of("m", Make.Table("A", Make.To("go", ["A"], "B")),
        [new ExecWatcher { Name = "look", Command = Make.Command("look"), Interval = TimeSpan.FromSeconds(10), Timeout = TimeSpan.FromMinutes(1) }]));
}
