using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Tests.Simulated;

namespace Scout.Machines.Tests.Hosting;

/// <summary>Transitions that chase each other are slowed, checks never wait (machines.md 5.7).</summary>
public sealed class RunawayLimiterTests
{
    [Fact]
    public void Twenty_go_at_once_then_two_a_second()
    {
        var limiter = new RunawayLimiter(0, false);
        for (int i = 0; i < 20; i++) Assert.True(limiter.TryTake(0));
        Assert.False(limiter.TryTake(0));
        Assert.True(limiter.Wait(Delayed("a"), 0));
        Assert.Equal(Seconds(0.5), limiter.Due);
        Assert.False(limiter.TryRelease(Seconds(0.5) - 1, out _));
        Assert.True(limiter.TryRelease(Seconds(0.5), out DelayedMove move));
        Assert.Equal("a", move.Name);
        Assert.Equal(HostClock.Never, limiter.Due);
    }

    [Fact]
    public void Equal_transitions_wait_once()
    {
        var limiter = new RunawayLimiter(0, true);
        Assert.True(limiter.Wait(Delayed("a"), 0));
        Assert.False(limiter.Wait(Delayed("a"), 0));
        Assert.True(limiter.Wait(Delayed("b"), 0));
        Assert.Equal(2, limiter.Waiting);
    }

    [Fact]
    public void Nobody_overtakes_who_waits()
    {
        var limiter = new RunawayLimiter(0, true);
        limiter.Wait(Delayed("a"), 0);
        Assert.False(limiter.TryTake(Seconds(100)));
        Assert.True(limiter.TryRelease(Seconds(100), out _));
    }

    [Fact]
    public void The_tightest_loop_makes_140_in_its_first_minute_and_six_a_minute_later()
    {
        Scene scene = TightLoop().Start().Advance(59.9);
        Assert.InRange(scene.Transitions.Count(), 138, 140);
        Assert.False(scene.View("loop").Record.Runaway);
        scene.Advance(10);
        Assert.True(scene.View("loop").Record.Runaway);
        Assert.Single(scene.States, one => one.Reason == "runaway");
        scene.Mark().Advance(600);
        Assert.InRange(scene.Transitions.Count(), 58, 62);
    }

    [Fact]
    public void It_calms_down_after_a_quiet_minute_and_says_so()
    {
        Scene scene = TightLoop().Start().Advance(120);
        Assert.True(scene.View("loop").Record.Runaway);
        scene.Given("there", Machines.Simulated.Answer.Failure).Mark().Advance(80);
        Assert.False(scene.View("loop").Record.Runaway);
        Assert.Contains(scene.States, one => one.Reason == "calm");
    }

    [Fact]
    public void Being_runaway_survives_a_restart()
    {
        Scene scene = TightLoop().Start().Advance(120);
        scene.Mark().Restart(1).Advance(100);
        Assert.True(scene.View("loop").Record.Runaway);
        Assert.True(scene.Transitions.Count() < 20);
    }

    [Fact]
    public void A_check_that_changes_with_every_result_is_never_delayed()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 1, Interval = TimeSpan.FromMilliseconds(500), RetryInterval = TimeSpan.FromMilliseconds(500), Splay = TimeSpan.Zero })).Start().Mark();
        for (int i = 0; i < 400; i++) scene.Given("check", i % 2 == 0 ? Machines.Simulated.Answer.Critical : Machines.Simulated.Answer.Ok).Advance(0.5);
        Assert.Equal(400, scene.Transitions.Count());
        Assert.Equal(0, scene.Host.Counters.Delayed);
    }

    [Fact]
    public void Two_machines_that_subscribe_to_each_other_are_held()
    {
        // a goes, b goes, a comes back, b comes back, a goes.
        MachineDefinition[] pair = [Ping("a", new Subscription("b", "back"), new Subscription("b", "go")), Ping("b", new Subscription("a", "go"), new Subscription("a", "back"))];
        Scene scene = new Scene(pair).Start().Advance(61);
        Assert.InRange(scene.Transitions.Count(one => one.Machine == "a"), 20, 145);
        Assert.True(scene.Host.Counters.Delayed > 10);
    }

    private static MachineDefinition Ping(string name, Subscription go, Subscription back) => Make.Of(name, Make.Table("X",
        Make.To("go", ["X"], "Y", go), Make.To("back", ["Y"], "X", back)),
        [new TimerWatcher { Name = "kick", Timer = TimeSpan.FromSeconds(name == "a" ? 1 : 3600), StateMatch = ["X"], FailTransition = "go" }]);

    private static Scene TightLoop() => new(Make.Of("loop", Make.Table("A", Make.To("go", ["A"], "B"), Make.To("back", ["B"], "A")),
    [
        new ExecWatcher { Name = "there", Command = Make.Command("x"), StateMatch = ["A"], SuccessTransition = "go" },
        new ExecWatcher { Name = "andback", Command = Make.Command("x"), StateMatch = ["B"], SuccessTransition = "back" },
    ]));

    private static DelayedMove Delayed(string name) => new(name, null, new Move("watcher", null, true));

    private static long Seconds(double seconds) => TimeSpan.FromSeconds(seconds).Ticks;
}
