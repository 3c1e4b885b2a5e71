using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Hosting;

/// <summary>What leaves the loop, in which order, and what does not (machines.md 5.2, 7.3, 7.4).</summary>
public sealed class SaidTests
{
    [Fact]
    public void Flapping_is_told_at_its_edges_and_hides_nothing()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 1, RetryInterval = TimeSpan.FromMinutes(1) })).Start().Mark().Feed("check", "COCOCO");
        Assert.True(scene.View("disk").Record.Check!.Flapping);
        Assert.Equal(6, scene.Transitions.Count());
        Assert.True(scene.Checks.Last().Flapping);
        scene.Feed("check", new string('O', 14));
        Assert.True(scene.View("disk").Record.Check!.Flapping);
        scene.Mark().Feed("check", "O");
        Assert.False(scene.View("disk").Record.Check!.Flapping);
        Assert.Single(scene.States);
    }

    [Theory]
    [InlineData(EventDetail.All, "OOCCOO", 6)]
    [InlineData(EventDetail.Changes, "OOCCOO", 3)]
    [InlineData(EventDetail.Problems, "OOCCOO", 3)]
    public void Results_become_events_as_the_definition_says(EventDetail detail, string results, int expected)
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 1, RetryInterval = TimeSpan.FromMinutes(1), Events = detail, Flapping = null })).Start().Mark().Feed("check", results);
        Assert.Equal(expected, scene.Checks.Count());
        Assert.Equal(2, scene.Transitions.Count());
    }

    [Fact]
    public void The_first_result_after_a_start_is_told()
    {
        Scene scene = new Scene(Make.Check("disk")).Start().Advance(120);
        scene.Mark().Restart(1).Advance(180);
        Assert.Single(scene.Checks);
    }

    [Fact]
    public void A_stuck_run_says_so_until_it_is_over()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 1 })).Given("check", Answer.Unknown with { Reason = "stuck", Output = new Runs.RunOutput("pid 7 in state D", "", [], 0, "") }).Start();
        Assert.Equal("pid 7 in state D", scene.View("disk").NotRunning);
        scene.Given("check", Answer.Ok).Advance(60);
        Assert.Null(scene.View("disk").NotRunning);
    }

    [Fact]
    public void What_is_kept_of_a_result_is_bounded()
    {
        var perf = Enumerable.Range(0, 600).Select(i => new Runs.PerfDatum($"p{i}", i, "", "1")).ToList();
        Scene scene = new Scene(Make.Check("disk")).Given("check", Answer.Ok with { Output = new Runs.RunOutput(new string('a', 1023) + "😀", new string('b', 5000), perf, 0, "") }).Start();
        Records.LastResult kept = scene.Stored("disk").Check!.LastResult!;
        Assert.Equal(1023, kept.Output.Length);
        Assert.Equal(4096, kept.LongOutput.Length);
        Assert.Equal(512, kept.PerfData.Count);
    }

    [Fact]
    public void Forced_checks_go_before_others_that_wait()
    {
        Scene scene = new Scene(Make.Check("disk", null, null,
            Make.Remediate(exec => exec with { Name = "first", StateMatch = [], Interval = TimeSpan.FromSeconds(30), Cooldown = TimeSpan.Zero, MaxRuns = 0, SuccessTransition = null, Timeout = TimeSpan.FromMinutes(5) }),
            Make.Remediate(exec => exec with { Name = "second", StateMatch = [], Interval = TimeSpan.FromSeconds(30), Cooldown = TimeSpan.Zero, MaxRuns = 0, SuccessTransition = null }))).Start();
        scene.Given("first", Answer.Success with { Takes = TimeSpan.FromSeconds(20) }).Mark().Advance(31);
        Assert.Equal(["first"], scene.Runs.Select(run => run.Watcher));
        scene.Do(CommandKind.Check, "disk");
        scene.Advance(20);
        Assert.Equal("check", scene.Runs[1].Watcher);
        Assert.True(scene.Runs[1].Forced);
    }

    [Fact]
    public void An_outcome_nobody_waits_for_is_dropped()
    {
        Scene scene = new Scene(Make.Check("disk")).Start();
        scene.Host.Complete(new Runs.RunOutcome { Id = 4711, Status = CheckStatus.Critical, Reason = "exit" });
        Assert.Equal(1, scene.Host.Counters.DroppedOutcomes);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void Equal_due_times_go_by_machine_name()
    {
        Scene scene = new Scene(Make.Check("b"), Make.Check("B"), Make.Check("a")).Start().Mark().Advance(60);
        Assert.Equal(["B", "a", "b"], scene.Runs.Select(run => run.Machine));
    }

    [Fact]
    public void The_phase_of_the_specification_is_kept()
    {
        // web1/disk_root/check: 8365 ms in 10 s, 50193 ms in a minute.
        MachineDefinition disk = Make.Check("disk_root");
        var simulation = new Machines.Simulated.Simulation(0, new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Machines.Simulated.SimulatedNode node = simulation.AddNode("web1", [disk]);
        var starts = new List<long>();
        node.Started = _ => starts.Add(simulation.Time.Now / TimeSpan.TicksPerMillisecond);
        node.Start();
        simulation.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal([8365, 50193, 110193, 170193], starts);
    }
}
