using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Watchers;

/// <summary>exec and remediation (machines.md sections 3, 6.2, 8).</summary>
public sealed class LiveExecTests
{
    [Fact]
    public void Remediation_acts_on_a_believed_state_and_what_is_true_then_is_not_known()
    {
        Scene scene = Remediated(check => check with { Attempts = 2 }).Start().Given("check", Answer.Critical).Mark().Advance(60);
        Assert.Equal(0, scene.RunsOf("remediate"));
        scene.Advance(15);
        Assert.Equal(1, scene.RunsOf("remediate"));
        Assert.Equal("UNKNOWN", scene.State("disk"));
        Assert.True(scene.View("disk").Record.Check!.Fresh);
        TransitionEvent moved = scene.Transitions.Last();
        Assert.Equal(("watcher", "remediate"), (moved.Reason, moved.Watcher));
        // The event of the run names the transition that made it run as its cause.
        Assert.Equal(scene.Transitions.First().Id.ToString(), scene.WatcherEvents.Single().Cause);
        Assert.Equal(scene.WatcherEvents.Single().Id.ToString(), moved.Cause);
        // The check looks retry_interval later.
        scene.Mark().Given("check", Answer.Ok).Advance(15);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void A_remediation_that_fails_changes_nothing_and_comes_again_at_its_interval()
    {
        Scene scene = Remediated().Given("check", Answer.Critical).Given("remediate", Answer.Failure).Start().Advance(899);
        Assert.Equal(1, scene.RunsOf("remediate"));
        Assert.Equal("CRITICAL", scene.State("disk"));
        scene.Advance(1);
        Assert.Equal(2, scene.RunsOf("remediate"));
    }

    [Fact]
    public void A_spent_budget_is_said_once_and_holds_over_restarts()
    {
        Scene scene = Remediated().Given("check", Answer.Critical).Start();
        for (int i = 0; i < 8; i++) scene.Advance(900).Restart(7);
        Assert.Equal(3, scene.RunsOf("remediate"));
        Assert.Single(scene.WatcherEvents, one => one.Outcome == "exhausted");
        Assert.True(scene.Host.Counters.Exhausted > 0);
    }

    [Fact]
    public void RESUME_refills_the_budget()
    {
        Scene scene = Remediated().Given("check", Answer.Critical).Start().Advance(4000);
        Assert.Equal(3, scene.RunsOf("remediate"));
        scene.Do(CommandKind.Maintenance, "disk");
        scene.Mark().Do(CommandKind.Resume, "disk");
        scene.Advance(4000);
        Assert.Equal(3, scene.RunsOf("remediate"));
    }

    [Fact]
    public void The_budget_slides()
    {
        Scene scene = Remediated(null, exec => exec with { MaxRuns = 2, Per = TimeSpan.FromHours(1), Interval = TimeSpan.FromMinutes(10), Cooldown = TimeSpan.FromMinutes(10) })
            .Given("check", Answer.Critical).Given("remediate", Answer.Failure).Start();
        scene.Advance(3599);
        Assert.Equal(2, scene.RunsOf("remediate"));
        scene.Advance(1);
        Assert.Equal(3, scene.RunsOf("remediate"));
    }

    [Fact]
    public void Cooldown_puts_an_entry_off_until_it_is_over()
    {
        Scene scene = Remediated(null, exec => exec with { MaxRuns = 0, Interval = null, Cooldown = TimeSpan.FromMinutes(5) }).Given("check", Answer.Critical).Start();
        Assert.Equal(1, scene.RunsOf("remediate"));
        // UNKNOWN, looks after 15 s, CRITICAL again: an entry within the cooldown.
        scene.Advance(15);
        Assert.Equal("CRITICAL", scene.State("disk"));
        scene.Advance(284);
        Assert.Equal(1, scene.RunsOf("remediate"));
        scene.Advance(1);
        Assert.Equal(2, scene.RunsOf("remediate"));
    }

    [Fact]
    public void What_waits_is_asked_again_at_its_turn()
    {
        // The check runs 20 s; remediation waits in the queue and the state has gone by then.
        Scene scene = Remediated(check => check with { Timeout = TimeSpan.FromSeconds(40) }, exec => exec with { MaxRuns = 0, Interval = TimeSpan.FromSeconds(50), Cooldown = TimeSpan.Zero, SuccessTransition = null })
            .Given("check", Answer.Critical).Start().Advance(1);
        scene.Given("check", Answer.Ok with { Takes = TimeSpan.FromSeconds(30) }).Advance(58.9);
        Assert.Equal(2, scene.RunsOf("remediate"));
        scene.Advance(10);
        scene.Mark().Advance(21);
        Assert.Equal("OK", scene.State("disk"));
        scene.Advance(60);
        Assert.Equal(0, scene.RunsOf("remediate"));
    }

    [Fact]
    public void While_the_store_fails_a_counted_run_waits_and_checks_go_on()
    {
        Scene scene = Remediated().Start();
        scene.Node.FailStore();
        scene.Given("check", Answer.Critical).Mark().Advance(300);
        Assert.Equal("CRITICAL", scene.State("disk"));
        Assert.Equal(0, scene.RunsOf("remediate"));
        Assert.True(scene.RunsOf("check") >= 4);
        Assert.Equal(1, scene.Host.Counters.HeldRuns);
        scene.Node.RecoverStore();
        scene.Simulation.Settle();
        Assert.Equal(1, scene.RunsOf("remediate"));
        Assert.Single(scene.Stored("disk").Watchers.Single().Starts);
    }

    [Fact]
    public void A_counted_start_is_committed_before_it_runs()
    {
        Scene scene = Remediated().Given("check", Answer.Critical).Given("remediate", Answer.Success with { Takes = TimeSpan.FromSeconds(5) }).Start();
        int syncs = scene.Syncs;
        Assert.True(syncs > 0);
        Assert.Single(scene.Stored("disk").Watchers.Single().Starts);
        Assert.Equal("CRITICAL", scene.State("disk"));
    }

    [Fact]
    public void A_late_remediation_does_not_undo_a_state_it_has_no_business_in()
    {
        Scene scene = Remediated().Given("remediate", Answer.Success with { Takes = TimeSpan.FromSeconds(20) }).Given("check", Answer.Critical).Start();
        scene.Do(CommandKind.Maintenance, "disk");
        scene.Advance(30);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
        Assert.Equal("success", scene.WatcherEvents.Last().Outcome);
    }

    [Theory]
    [InlineData("exit", 0, "success")]
    [InlineData("exit", 1, "failure")]
    [InlineData("bad_exit", 127, "failure")]
    [InlineData("signal", null, "failure")]
    [InlineData("timeout", null, "timeout")]
    [InlineData("spawn", null, "error")]
    [InlineData("refused", null, "error")]
    [InlineData("stuck", null, "error")]
    public void Outcomes_have_one_word_each_and_all_but_success_fire_the_fail_transition(string reason, int? code, string outcome)
    {
        Scene scene = new Scene(Zoo.Web("web")).Given("alive", new Answer { Reason = reason, ExitCode = code, Status = code == 0 ? CheckStatus.Ok : CheckStatus.Unknown }).Given("restart", Answer.Failure).Start();
        Assert.Equal(outcome, scene.WatcherEvents.First().Outcome);
        Assert.Equal(outcome == "success" ? "RUNNING" : "RESTARTING", scene.State("web"));
    }

    [Fact]
    public void Output_becomes_data_and_what_is_no_object_is_a_failure()
    {
        Scene scene = Learner().Given("look", Answer.Exit(0, """{"level": 3, "name": "x"}""")).Start();
        Assert.Equal("""{"level":3,"name":"x"}""", scene.View("m").Record.Data!.Replace(" ", "", StringComparison.Ordinal));
        scene.Given("look", Answer.Exit(0, """{"level": 4}""")).Advance(60);
        Assert.Equal("""{"name":"x","level":4}""", scene.View("m").Record.Data!.Replace(" ", "", StringComparison.Ordinal));
        scene.Mark().Given("look", Answer.Exit(0, "[1]")).Advance(60);
        Assert.Equal("failure", scene.WatcherEvents.Single().Outcome);
        Assert.Contains("one object", scene.WatcherEvents.Single().Output, StringComparison.Ordinal);
        scene.Mark().Given("look", Answer.Exit(0, $"{{\"{new string('k', 129)}\": 1}}")).Advance(60);
        Assert.Equal("failure", scene.WatcherEvents.Single().Outcome);
        scene.Mark().Given("look", Answer.Exit(0, $"{{\"big\": \"{new string('x', 70_000)}\"}}")).Advance(60);
        Assert.Contains("65536", scene.WatcherEvents.Single().Output, StringComparison.Ordinal);
        Assert.Contains("\"level\":4", scene.Stored("m").Data!, StringComparison.Ordinal);
        scene.Restart();
        Assert.NotNull(scene.View("m").Record.Data);
    }

    [Theory]
    [InlineData("""{"\ud800": 1}""")]
    [InlineData("""{"a": "\udc00"}""")]
    [InlineData("""{"a": """)]
    [InlineData("")]
    public void Output_that_is_half_a_text_is_a_failure_and_stops_nothing(string printed)
    {
        Scene scene = Learner().Given("look", Answer.Exit(0, printed)).Start().Advance(60);
        Assert.All(scene.WatcherEvents, one => Assert.Equal("failure", one.Outcome));
        Assert.Null(scene.View("m").Record.Data);
        Assert.Equal(2, scene.RunsOf("look"));
    }

    [Fact]
    public void A_fact_that_cannot_be_read_fails_the_run_and_nothing_else()
    {
        using var facts = System.Text.Json.JsonDocument.Parse("""{"bad": "\ud800"}""");
        var exec = new ExecWatcher { Name = "look", Command = Make.Command("look", "{{ lookup \"facts.bad\" \"x\" }}"), Interval = TimeSpan.FromMinutes(1) };
        var scene = new Scene([Make.Of("m", Make.Table("A", Make.To("go", ["A"], "B")), [exec])], adjust: options => options with { Facts = () => facts.RootElement });
        scene.Start();
        Assert.Equal("error", scene.WatcherEvents.Single().Outcome);
    }

    [Fact]
    public void Data_reaches_the_command_as_one_word()
    {
        Scene scene = Learner(exec => exec with
        {
            Command = Make.Command("look", "--level={{ lookup \"data.level\" \"none\" }}"),
            Environment = [KeyValuePair.Create("LEVEL", Make.Template("{{ lookup \"data.level\" \"0\" }}"))],
        }).Given("look", Answer.Exit(0, """{"level": "a b; rm -rf /"}""")).Start().Advance(60);
        Assert.Equal(["look", "--level=none"], scene.Runs[0].Words);
        Assert.Equal(["look", "--level=a b; rm -rf /"], scene.Runs[1].Words);
        Assert.Equal("a b; rm -rf /", scene.Runs[1].Environment.Single().Value);
    }

    [Fact]
    public void A_start_that_was_counted_and_never_made_is_given_back()
    {
        Scene scene = Remediated().Given("remediate", Answer.Hang).Start().Feed("check", "CCC", 30);
        Assert.Equal(1, scene.RunsOf("remediate"));
        Assert.Single(scene.Stored("disk").Watchers.Single(watcher => watcher.Name == "remediate").Starts);
        scene.Host.Withdraw(scene.Runs.Single(run => run.Watcher == "remediate").Id);
        Scout.Machines.Records.WatcherRecord left = scene.Stored("disk").Watchers.Single(watcher => watcher.Name == "remediate");
        Assert.Empty(left.Starts);
        Assert.Null(left.LastStart);
    }

    [Fact]
    public void Success_can_be_kept_quiet()
    {
        Scene scene = Learner(exec => exec with { SuppressSuccessAnnounce = true, ParseAsData = false }).Start().Advance(600);
        Assert.Equal(11, scene.RunsOf("look"));
        Assert.Empty(scene.WatcherEvents);
        scene.Given("look", Answer.Failure).Advance(60);
        Assert.Single(scene.WatcherEvents);
    }

    [Fact]
    public void Gather_initial_state_runs_after_every_start()
    {
        Scene scene = Learner(exec => exec with { Interval = null, ParseAsData = false, GatherInitialState = true }).Start().Restart(1).Restart(1);
        Assert.Equal(3, scene.RunsOf("look"));
        scene = Learner(exec => exec with { Interval = null, ParseAsData = false }).Start().Restart(1).Restart(1);
        Assert.Equal(1, scene.RunsOf("look"));
    }

    [Fact]
    public void The_announce_interval_repeats_the_latest_event_in_every_state()
    {
        Scene scene = Learner(exec => exec with { Interval = null, ParseAsData = false, AnnounceInterval = TimeSpan.FromMinutes(5) }).Start().Mark().Advance(900);
        Assert.Equal(3, scene.WatcherEvents.Count());
        Assert.All(scene.WatcherEvents, one => Assert.True(one.Announce));
        Assert.Equal(3, scene.WatcherEvents.Select(one => one.Id).Distinct().Count());
    }

    private static Scene Learner(Func<ExecWatcher, ExecWatcher>? adjust = null)
    {
        var exec = new ExecWatcher { Name = "look", Command = Make.Command("look"), Interval = TimeSpan.FromMinutes(1), ParseAsData = true };
        return new Scene(Make.Of("m", Make.Table("A", Make.To("go", ["A"], "B")), [adjust?.Invoke(exec) ?? exec]));
    }

    private static Scene Remediated(Func<NagiosWatcher, NagiosWatcher>? check = null, Func<ExecWatcher, ExecWatcher>? exec = null) =>
        new(Make.Check("disk", check, null, Make.Remediate(exec)));
}
