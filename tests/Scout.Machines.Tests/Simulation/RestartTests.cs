using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;
using Scout.Machines.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Simulated;

/// <summary>What survives a restart (machines.md 5.6).</summary>
public sealed class RestartTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_life_with_restarts_goes_as_one_without(int seed)
    {
        List<string> whole = Life(seed, restarts: false);
        List<string> broken = Life(seed, restarts: true);
        Assert.True(whole.Count > 100);
        Assert.Equal(whole, broken);
    }

    [Fact]
    public void Belief_doubt_ring_and_acknowledgement_survive()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 3, RecoverAttempts = 2 })).Start().Feed("check", "CC").Advance(60);
        scene.Do(CommandKind.Acknowledge, "disk", "anna", "on it");
        scene.Feed("check", "O");
        MachineView before = scene.View("disk");
        Assert.Equal("OK 1/2", before.Soft);
        scene.Mark().Restart(5);
        MachineView after = scene.View("disk");
        Assert.Equal(before.Record, after.Record);
        Assert.Equal("OK 1/2", after.Soft);
        Assert.Empty(scene.Transitions);
        scene.Advance(60);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void Remediations_do_not_run_because_the_daemon_was_upgraded()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 1 }, null, Make.Remediate(exec => exec with { Interval = null, Cooldown = TimeSpan.Zero, SuccessTransition = null })))
            .Given("check", Answer.Critical).Start().Advance(5);
        Assert.Equal(1, scene.RunsOf("remediate"));
        scene.Restart(1).Advance(300);
        Assert.Equal(1, scene.RunsOf("remediate"));
    }

    [Fact]
    public void A_machine_killed_in_FORCE_CHECK_checks_as_soon_as_it_starts()
    {
        Scene scene = new Scene(Make.Check("disk")).Start().Given("check", Answer.Critical with { Takes = TimeSpan.FromSeconds(5) });
        scene.Do(CommandKind.Check, "disk");
        scene.Mark().Restart(1);
        Assert.True(scene.Runs.Single().Forced);
        scene.Advance(5);
        Assert.Equal("CRITICAL", scene.State("disk"));
        Assert.Equal("FORCE_CHECK", scene.Transitions.Single().From);
    }

    [Fact]
    public void A_maintenance_that_ran_out_meanwhile_ends_before_anything_else()
    {
        Scene scene = new Scene(Make.Check("disk")).Start();
        scene.Do(CommandKind.Maintenance, "disk", @for: TimeSpan.FromMinutes(10));
        scene.Mark().Restart(3600);
        Assert.Equal(["RESUME", "OK"], scene.Transitions.Select(one => one.Transition));
        Assert.Equal("expiry", scene.Transitions.First().Caller);
    }

    [Fact]
    public void A_timer_runs_on_and_one_that_ran_out_expires_at_the_start()
    {
        Scene scene = new Scene(Zoo.Web("web")).Given("alive", Answer.Failure).Given("restart", Answer.Failure).Start().Advance(10);
        Assert.Equal("RESTARTING", scene.State("web"));
        scene.Restart(10).Advance(29.9);
        Assert.Equal("RESTARTING", scene.State("web"));
        scene.Advance(0.1);
        Assert.Equal("BROKEN", scene.State("web"));
        scene.Do(CommandKind.Transition, "web", transition: "repaired");
        Assert.Equal("RESTARTING", scene.State("web"));
        scene.Mark().Restart(3600);
        Assert.Equal("BROKEN", scene.State("web"));
        Assert.Equal("expired", scene.WatcherEvents.First(one => one.Watcher == "patience").Outcome);
    }

    [Fact]
    public void The_interval_of_exec_counts_from_its_last_start_over_restarts()
    {
        Scene scene = new Scene(Zoo.Web("web")).Given("alive", Answer.Success).Start().Advance(65);
        Assert.Equal(3, scene.RunsOf("alive"));
        scene.Mark().Restart(10).Advance(14.9);
        Assert.Empty(scene.Runs);
        scene.Advance(0.1);
        Assert.Single(scene.Runs);
    }

    [Fact]
    public void With_on_restart_initial_each_start_begins_anew_but_not_in_maintenance()
    {
        Scene scene = new Scene(Zoo.Web("web", variant: 1)).Given("alive", Answer.Failure).Given("restart", Answer.Failure).Start().Advance(55);
        Assert.Equal("BROKEN", scene.State("web"));
        scene.Given("alive", Answer.Success).Mark().Restart(1);
        Assert.Equal("RUNNING", scene.State("web"));
        Assert.Equal(1, scene.RunsOf("alive"));
        scene.Do(CommandKind.Maintenance, "web");
        scene.Restart(1);
        Assert.Equal("MAINTENANCE", scene.State("web"));
    }

    [Fact]
    public void A_result_older_than_the_last_boot_is_not_fresh_enough()
    {
        DateTimeOffset? booted = null;
        var scene = new Scene([Make.Check("disk", check => check with { Interval = TimeSpan.FromMinutes(5) })], adjust: options => options with { BootedAt = booted });
        scene.Start().Advance(10);
        scene.Mark().Restart(10);
        Assert.Empty(scene.Runs);
        booted = scene.Now;
        var again = new Scene([Make.Check("disk", check => check with { Interval = TimeSpan.FromMinutes(5) })], start: scene.Now, adjust: options => options with { BootedAt = booted, GridOrigin = booted + TimeSpan.FromSeconds(20) });
        again.Node.Seed(scene.Stored("disk"));
        again.Start();
        Assert.Single(again.Runs);
    }

    [Fact]
    public void A_stored_state_that_no_longer_exists_becomes_the_initial_one_and_the_event_says_so()
    {
        Scene scene = new Scene(Zoo.Web("web")).Start();
        MachineDefinition other = Make.Of("web", Make.Table("UP", Make.To("down", ["UP"], "DOWN")), [new TimerWatcher { Name = "wait", Timer = TimeSpan.FromHours(1), FailTransition = "down" }]);
        scene.Mark();
        scene.Node.Apply([other]);
        Assert.Equal("UP", scene.State("web"));
        Assert.Equal("state_gone", scene.States.Single().Reason);
        Assert.Equal("started", scene.WatcherEvents.Single().Outcome);
        Assert.Equal("UP", scene.Stored("web").State);
    }

    [Fact]
    public void A_definition_that_went_while_the_node_was_down_is_told_as_deleted_and_forgotten_after_ten_minutes()
    {
        Scene scene = new Scene(Make.Check("disk"), Make.Check("load")).Start();
        scene.Node.Crash();
        scene.Node.Apply([Make.Check("load")]);
        scene.Mark();
        scene.Node.Start();
        scene.Simulation.Settle();
        StateEvent said = scene.States.Single(one => one.Machine == "disk");
        Assert.True(said.View.Deleted);
        Assert.NotNull(scene.Stored("disk").DeletedAt);
        scene.Advance(599);
        Assert.Empty(scene.Erased);
        scene.Advance(2);
        Assert.Equal(["disk"], scene.Erased);
        Assert.False(scene.Node.Records.ContainsKey("disk"));
    }

    private static List<string> Life(int seed, bool restarts)
    {
        var simulation = new Simulation(seed);
        var chance = new Random(seed);
        var tape = new List<string>();
        // Remediation is left out: when it moves a check, the pace after it is not worth a field on disk.
        SimulatedNode node = simulation.AddNode("node1", [
            Make.Check("a", check => check with { Attempts = 3 }), Make.Check("b", check => check with { Attempts = 1, RecoverAttempts = 4 }),
            Make.Check("c", check => check with { Interval = TimeSpan.FromSeconds(10), RetryInterval = TimeSpan.FromSeconds(10) }), Zoo.Web("web"),
        ]);
        node.Started = request => tape.Add($"{simulation.Time.Now} {request.Machine}/{request.Watcher} {request.Attempt}");
        node.Watch = (step, _) => tape.AddRange(step.Events.OfType<TransitionEvent>().Select(one => $"{simulation.Time.Now} {one.Machine} {one.From}>{one.To}"));
        node.Answers = request => request.Kind == RunKind.Plugin
            ? Answer.Of((CheckStatus)(Mix(seed, request.Machine, simulation.Time.Now / TimeSpan.TicksPerMinute / 3) % 4), "")
            // Alive and restart agree: no two transitions chase each other, for what waits for the limiter is lost with the node.
            : Mix(seed, request.Machine, simulation.Time.Now / TimeSpan.TicksPerMinute / 4) % 3 == 0 ? Answer.Failure : Answer.Success;
        node.Start();
        simulation.Settle();
        for (int i = 0; i < 200; i++)
        {
            simulation.Advance(TimeSpan.FromMilliseconds(chance.Next(60_000)));
            if (chance.Next(0, 2) == 0 || !restarts) continue;
            node.Crash();
            node.Start();
            simulation.Settle();
        }

        return tape;
    }

    private static int Mix(int seed, string name, long time)
    {
        ulong hash = Machines.Timing.Placement.Of(seed.ToString(), name, time.ToString()).Hash;
        return (int)(hash >> 40);
    }
}
