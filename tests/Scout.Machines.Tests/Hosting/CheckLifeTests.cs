using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Hosting;

/// <summary>A check from first sight on: when it looks and what results do to it (machines.md 6.1, section 7).</summary>
public sealed class CheckLifeTests
{
    [Fact]
    public void First_sight_looks_at_once_without_splay_and_believes_OK()
    {
        Scene scene = OneCheck().Start();
        Assert.Single(scene.Runs);
        Assert.Equal("OK", scene.State("disk"));
        Assert.True(scene.View("disk").Hard);
        Assert.Equal(["UNKNOWN>OK"], scene.Transitions.Select(one => $"{one.From}>{one.To}"));
    }

    [Fact]
    public void A_steady_check_looks_once_an_interval_and_says_nothing()
    {
        Scene scene = OneCheck().Start().Mark().Advance(600);
        Assert.Equal(10, scene.Runs.Count);
        Assert.Empty(scene.Events);
    }

    [Fact]
    public void A_steady_result_needs_no_sync_a_transition_does()
    {
        Scene scene = OneCheck().Start();
        int before = scene.Syncs;
        scene.Advance(600);
        Assert.Equal(before, scene.Syncs);
        scene.Feed("check", "CCC");
        Assert.True(scene.Syncs > before);
    }

    [Fact]
    public void In_doubt_it_looks_at_the_retry_pace_until_it_believes()
    {
        Scene scene = OneCheck().Start().Given("check", Answer.Critical).Mark().Advance(60);
        Assert.Equal("OK", scene.State("disk"));
        Assert.Equal("CRITICAL 1/3", scene.View("disk").Soft);
        scene.Advance(15);
        Assert.Equal("CRITICAL 2/3", scene.View("disk").Soft);
        scene.Advance(14.9);
        Assert.Equal("OK", scene.State("disk"));
        scene.Advance(0.1);
        Assert.Equal("CRITICAL", scene.State("disk"));
        Assert.Null(scene.View("disk").Soft);
        Assert.Equal(3, scene.Runs.Count);
    }

    [Fact]
    public void After_the_doubt_it_goes_back_to_its_place_on_the_grid()
    {
        Scene scene = OneCheck().Start().Given("check", Answer.Critical).Advance(90).Mark().Advance(60 * 5);
        // Believed at 1:30: the first tick at or after 1:30 + 30 s is 2:00.
        Assert.Equal(5, scene.Runs.Count);
        Assert.Equal(scene.Now + TimeSpan.FromSeconds(30), scene.View("disk").NextDue);
    }

    [Fact]
    public void The_transition_says_what_fired_it()
    {
        Scene scene = OneCheck().Start().Mark().Given("check", Answer.Of(CheckStatus.Critical, "disk full")).Advance(90);
        TransitionEvent said = Assert.Single(scene.Transitions);
        Assert.Equal("check", said.Reason);
        Assert.Equal("check", said.Watcher);
        Assert.Equal(3, said.Attempt);
        Assert.Equal("disk full", said.Output);
        Assert.Equal(scene.Checks.Last().Id.ToString(), said.Cause);
        StateEvent state = scene.States.Last();
        Assert.Equal("CRITICAL", state.View.State);
        Assert.Equal(said.Id.ToString(), state.Cause);
    }

    [Fact]
    public void The_event_of_a_result_still_shows_the_state_before()
    {
        Scene scene = OneCheck(check => check with { Attempts = 1 }).Start().Mark().Given("check", Answer.Critical).Advance(60);
        Assert.Equal("OK", scene.Checks.Single().State);
        Assert.Equal("CRITICAL", scene.State("disk"));
        Assert.Equal(["CheckEvent", "TransitionEvent", "StateEvent"], scene.Events.Select(one => one.GetType().Name));
    }

    [Fact]
    public void A_hung_plugin_is_UNKNOWN_and_ticks_during_the_run_are_skipped_not_made_up()
    {
        Scene scene = OneCheck(check => check with { Attempts = 1, Interval = TimeSpan.FromSeconds(4), Timeout = TimeSpan.FromSeconds(10) }).Given("check", Answer.Hang).Start();
        scene.Advance(40);
        Assert.Equal("UNKNOWN", scene.State("disk"));
        // Starts at 0, 12, 24, 36: each run takes 10 s, the next tick follows.
        Assert.Equal(4, scene.Runs.Count);
        Assert.True(scene.Host.Counters.SkippedTicks >= 3);
        Assert.Equal("timeout", scene.View("disk").Record.Check!.LastResult!.Reason);
        Assert.True(scene.Runs.Last().Suspect);
    }

    [Fact]
    public void Without_an_interval_only_FORCE_CHECK_looks()
    {
        Scene scene = OneCheck(check => check with { Interval = null, RetryInterval = null, Attempts = 1 }).Start().Advance(3600);
        Assert.Empty(scene.Runs);
        scene.Do(CommandKind.Check, "disk");
        Assert.Equal("OK", scene.State("disk"));
        Assert.Single(scene.Runs);
    }

    [Fact]
    public void A_heartbeat_answers_without_a_run()
    {
        Scene scene = OneCheck(check => check with { Subject = new BuiltinSubject("heartbeat") }).Start().Advance(120);
        Assert.Empty(scene.Runs);
        Assert.Equal("OK", scene.State("disk"));
        Assert.Equal(scene.Now.ToUnixTimeSeconds().ToString(), scene.View("disk").Record.Check!.LastResult!.Output);
        CommandReply reply = scene.Do(CommandKind.Check, "disk");
        Assert.Equal(CommandCode.Ok, reply.Code);
        Assert.Equal(reply.ForcedRun, scene.Forced.Single().ForcedRun);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void A_template_that_finds_nothing_is_UNKNOWN_and_names_the_path()
    {
        Scene scene = OneCheck(check => check with { Attempts = 1, Subject = new PluginSubject(Make.Command("check", "{{ lookup \"facts.missing\" }}")) }).Start();
        Assert.Empty(scene.Runs);
        LastResultIs(scene, "bad_command");
        Assert.Contains("facts.missing", scene.View("disk").Record.Check!.LastResult!.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_request_tells_the_plugin_which_attempt_it_would_be()
    {
        Scene scene = OneCheck().Start().Feed("check", "C").Advance(30);
        Assert.Equal(["1/3", "1/3", "2/3", "3/3"], scene.Runs.Select(run => run.Attempt));
    }

    private static void LastResultIs(Scene scene, string reason) => Assert.Equal(reason, scene.View("disk").Record.Check!.LastResult!.Reason);

    private static Scene OneCheck(Func<NagiosWatcher, NagiosWatcher>? adjust = null) =>
        new(Make.Check("disk", check => (adjust ?? (one => one))(check with { Attempts = 3 })));
}
