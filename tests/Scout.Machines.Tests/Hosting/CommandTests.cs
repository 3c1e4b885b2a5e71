using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Hosting;

/// <summary>What people may do with a machine, and what they are told (machines.md section 10).</summary>
public sealed class CommandTests
{
    [Fact]
    public void FORCE_CHECK_looks_now_and_names_the_request_as_cause_of_the_result()
    {
        Scene scene = OneCheck().Start().Advance(5).Mark();
        scene.Given("check", Answer.Critical with { Takes = TimeSpan.FromSeconds(2) });
        CommandReply reply = scene.Do(CommandKind.Check, "disk");
        Assert.Equal(CommandCode.Ok, reply.Code);
        Assert.Equal("OK", reply.From);
        Assert.Equal("FORCE_CHECK", reply.To);
        Assert.Equal("FORCE_CHECK", scene.State("disk"));
        Assert.True(scene.Runs.Single().Forced);
        Assert.Empty(scene.Forced);
        scene.Advance(2);
        ForcedResult result = scene.Forced.Single();
        Assert.Equal(reply.ForcedRun, result.ForcedRun);
        Assert.Equal("OK", result.From);
        Assert.Equal("CRITICAL", result.View.State);
        Assert.Equal("request-1", scene.Checks.Single().Cause);
        Assert.Equal(scene.Checks.Single().Id, result.Event);
    }

    [Fact]
    public void A_second_request_changes_nothing_and_gets_the_same_result()
    {
        Scene scene = OneCheck().Start().Given("check", Answer.Ok with { Takes = TimeSpan.FromSeconds(2) });
        CommandReply first = scene.Do(CommandKind.Check, "disk");
        scene.Advance(1);
        CommandReply second = scene.Do(CommandKind.Check, "disk", caller: "bert");
        Assert.Equal(CommandCode.Ok, second.Code);
        Assert.Equal(first.ForcedRun, second.ForcedRun);
        Assert.Null(second.Event);
        scene.Advance(2);
        Assert.Single(scene.Forced);
        Assert.Equal(2, scene.Runs.Count);
    }

    [Fact]
    public void A_run_under_way_counts_but_does_not_answer_the_request()
    {
        Scene scene = OneCheck(check => check with { Attempts = 2 }).Start().Mark();
        scene.Given("check", Answer.Critical with { Takes = TimeSpan.FromSeconds(3) }).Advance(61);
        scene.Do(CommandKind.Check, "disk");
        Assert.Single(scene.Runs);
        scene.Advance(2);
        Assert.Equal("FORCE_CHECK", scene.State("disk"));
        Assert.Equal("CRITICAL 1/2", scene.View("disk").Soft);
        Assert.Equal(2, scene.Runs.Count);
        Assert.Empty(scene.Forced);
        scene.Advance(3);
        Assert.Equal("CRITICAL", scene.State("disk"));
        Assert.Single(scene.Forced);
    }

    [Fact]
    public void A_forced_result_is_one_result()
    {
        Scene scene = OneCheck(check => check with { Attempts = 3 }).Start().Given("check", Answer.Critical);
        scene.Do(CommandKind.Check, "disk");
        Assert.Equal("OK", scene.State("disk"));
        Assert.Equal("CRITICAL 1/3", scene.View("disk").Soft);
    }

    [Fact]
    public void Maintenance_has_reason_end_and_owner_and_stops_checks_and_remediation()
    {
        Scene scene = Remediated().Start().Given("check", Answer.Critical);
        CommandReply reply = scene.Do(CommandKind.Maintenance, "disk", "anna", "swap disks", TimeSpan.FromHours(2));
        Assert.Equal(CommandCode.Ok, reply.Code);
        Assert.Equal(scene.Now + TimeSpan.FromHours(2), reply.Until);
        Assert.Equal(["RESUME"], reply.Allowed);
        Assert.Equal(scene.Transitions.Last().Id, reply.Event);
        scene.Mark().Advance(7199);
        Assert.Empty(scene.Runs);
        Assert.Equal("swap disks", scene.View("disk").Record.Maintenance!.Reason);
    }

    [Fact]
    public void Maintenance_ends_by_itself_fresh_and_looks_soon()
    {
        Scene scene = OneCheck(check => check with { Attempts = 3 }).Start();
        scene.Do(CommandKind.Maintenance, "disk", "anna", "swap disks", TimeSpan.FromHours(2));
        scene.Given("check", Answer.Critical).Mark().Advance(7200);
        TransitionEvent resumed = scene.Transitions.First();
        Assert.Equal("RESUME", resumed.Transition);
        Assert.Equal("expiry", resumed.Caller);
        Assert.Equal("expiry", resumed.Reason);
        Assert.Equal("UNKNOWN", scene.State("disk"));
        Assert.Equal("CRITICAL 1/3", scene.View("disk").Soft);
        Assert.True(scene.View("disk").Record.Check!.Fresh);
        Assert.Null(scene.View("disk").Record.Maintenance);
    }

    [Fact]
    public void Maintenance_again_replaces_the_record_without_a_transition()
    {
        Scene scene = OneCheck().Start();
        scene.Do(CommandKind.Maintenance, "disk", "anna", "swap disks", TimeSpan.FromHours(2));
        scene.Mark();
        CommandReply reply = scene.Do(CommandKind.Maintenance, "disk", "bert", "longer", TimeSpan.FromHours(3));
        Assert.Empty(scene.Transitions);
        StateEvent said = Assert.Single(scene.States);
        Assert.Equal("maintenance", said.Reason);
        Assert.Equal("bert", said.Caller);
        Assert.Equal("request-2", said.Cause);
        Assert.Equal(said.Id, reply.Event);
        scene.Advance(2 * 3600);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
        scene.Advance(3600);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void A_run_in_flight_when_maintenance_comes_is_published_and_counts_for_nothing()
    {
        Scene scene = OneCheck().Start().Given("check", Answer.Critical with { Takes = TimeSpan.FromSeconds(3) }).Advance(61);
        scene.Mark();
        scene.Do(CommandKind.Maintenance, "disk");
        scene.Advance(3);
        Assert.True(scene.Checks.Single().InMaintenance);
        Assert.Equal(CheckStatus.Ok, scene.View("disk").Record.Check!.Belief);
        Assert.Equal(0, scene.View("disk").Record.Check!.DoubtCount);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
    }

    [Fact]
    public void In_maintenance_a_check_is_refused_with_reason_and_end()
    {
        Scene scene = OneCheck().Start();
        scene.Do(CommandKind.Maintenance, "disk", "anna", "swap disks", TimeSpan.FromHours(2));
        CommandReply reply = scene.Do(CommandKind.Check, "disk");
        Assert.Equal(CommandCode.NotAllowed, reply.Code);
        Assert.Contains("swap disks", reply.Message, StringComparison.Ordinal);
        Assert.Contains("2030-01-01T02:00:00", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RESUME_outside_of_maintenance_is_refused_with_what_is_allowed()
    {
        Scene scene = OneCheck().Start();
        CommandReply reply = scene.Do(CommandKind.Resume, "disk");
        Assert.Equal(CommandCode.NotAllowed, reply.Code);
        Assert.Equal("RESUME is not allowed in OK; allowed: FORCE_CHECK (to FORCE_CHECK), MAINTENANCE (to MAINTENANCE)", reply.Message);
        Assert.Equal(["FORCE_CHECK", "MAINTENANCE"], reply.Allowed);
    }

    [Fact]
    public void Nobody_can_talk_a_disk_into_being_empty()
    {
        Scene scene = OneCheck(check => check with { Attempts = 1 }).Given("check", Answer.Critical).Start();
        foreach (string result in Make.CheckStates)
        {
            CommandReply reply = scene.Do(CommandKind.Transition, "disk", transition: result);
            Assert.Equal(CommandCode.NotAllowed, reply.Code);
        }

        Assert.Equal("CRITICAL", scene.State("disk"));
    }

    [Fact]
    public void MAINTENANCE_by_the_transition_command_is_refused_because_it_would_have_no_end()
    {
        Scene scene = OneCheck().Start();
        CommandReply reply = scene.Do(CommandKind.Transition, "disk", transition: "MAINTENANCE");
        Assert.Equal(CommandCode.NotAllowed, reply.Code);
        Assert.Contains("'maintenance'", reply.Message, StringComparison.Ordinal);
        Assert.Equal("FORCE_CHECK", scene.Do(CommandKind.Transition, "disk", transition: "FORCE_CHECK").To);
    }

    [Theory]
    [InlineData(-1, "in the past")]
    [InlineData(366 * 24 * 3600, "more than 365 days")]
    public void An_end_in_the_past_or_too_far_away_is_a_bad_request(int seconds, string expected)
    {
        Scene scene = OneCheck().Start();
        CommandReply reply = scene.Do(CommandKind.Maintenance, "disk", @for: TimeSpan.FromSeconds(seconds));
        Assert.Equal(CommandCode.BadRequest, reply.Code);
        Assert.Contains(expected, reply.Message, StringComparison.Ordinal);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void An_unknown_machine_is_not_found()
    {
        CommandReply reply = OneCheck().Start().Do(CommandKind.Check, "disc");
        Assert.Equal(CommandCode.NotFound, reply.Code);
        Assert.Contains("disc", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_problem_is_acknowledged_until_it_ends()
    {
        Scene scene = OneCheck(check => check with { Attempts = 1 }).Given("check", Answer.Warning).Start().Mark();
        CommandReply reply = scene.Do(CommandKind.Acknowledge, "disk", "anna", "on it");
        Assert.Equal(CommandCode.Ok, reply.Code);
        Assert.Empty(scene.Transitions);
        Assert.Equal("acknowledged", scene.States.Single().Reason);
        Assert.Equal("anna", scene.View("disk").Record.Acknowledgement!.Caller);
        scene.Advance(120);
        Assert.NotNull(scene.View("disk").Record.Acknowledgement);
        scene.Given("check", Answer.Ok).Advance(60);
        Assert.Null(scene.View("disk").Record.Acknowledgement);
    }

    [Theory]
    [InlineData("C", true)]
    [InlineData("U", true)]
    [InlineData("W", false)]
    public void An_acknowledgement_ends_when_it_gets_worse(string result, bool ends)
    {
        Scene scene = OneCheck(check => check with { Attempts = 1 }).Given("check", Answer.Warning).Start();
        scene.Do(CommandKind.Acknowledge, "disk");
        scene.Feed("check", result);
        Assert.Equal(ends, scene.View("disk").Record.Acknowledgement is null);
    }

    [Fact]
    public void An_acknowledgement_ends_at_its_time_and_at_maintenance()
    {
        Scene scene = OneCheck(check => check with { Attempts = 1 }).Given("check", Answer.Critical).Start();
        scene.Do(CommandKind.Acknowledge, "disk", @for: TimeSpan.FromMinutes(10));
        scene.Advance(599);
        Assert.NotNull(scene.View("disk").Record.Acknowledgement);
        scene.Mark().Advance(1);
        Assert.Null(scene.View("disk").Record.Acknowledgement);
        Assert.Equal("expired", scene.States.First().Reason);
        scene.Do(CommandKind.Acknowledge, "disk");
        scene.Do(CommandKind.Maintenance, "disk");
        Assert.Null(scene.View("disk").Record.Acknowledgement);
    }

    [Fact]
    public void Nothing_to_acknowledge_is_refused()
    {
        Scene scene = OneCheck().Start();
        CommandReply reply = scene.Do(CommandKind.Acknowledge, "disk");
        Assert.Equal(CommandCode.NotAllowed, reply.Code);
        Assert.Contains("believes OK", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void While_the_store_cannot_commit_nothing_is_changed_and_the_answer_says_why()
    {
        Scene scene = OneCheck().Start();
        scene.Node.FailStore();
        foreach (CommandKind kind in Enum.GetValues<CommandKind>())
        {
            CommandReply reply = scene.Do(kind, "disk", transition: "FORCE_CHECK");
            Assert.Equal(CommandCode.Unavailable, reply.Code);
            Assert.Contains("no space left on device", reply.Message, StringComparison.Ordinal);
        }

        Assert.Equal("OK", scene.State("disk"));
        scene.Node.RecoverStore();
        Assert.Equal(CommandCode.Ok, scene.Do(CommandKind.Maintenance, "disk").Code);
    }

    [Fact]
    public void A_machine_of_its_own_kind_refuses_maintenance_and_names_its_transitions()
    {
        Scene scene = new Scene(Make.Of("web", Make.Table("RUNNING", Make.To("failed", ["RUNNING"], "BROKEN"), Make.To("repaired", ["BROKEN"], "RUNNING")),
            [new TimerWatcher { Name = "wait", StateMatch = ["BROKEN"], Timer = TimeSpan.FromDays(1) }])).Start();
        CommandReply reply = scene.Do(CommandKind.Maintenance, "web");
        Assert.Equal(CommandCode.NotAllowed, reply.Code);
        Assert.Contains("failed", reply.Message, StringComparison.Ordinal);
        Assert.Equal("BROKEN", scene.Do(CommandKind.Transition, "web", transition: "failed").To);
        Assert.Equal(CommandCode.NotAllowed, scene.Do(CommandKind.Transition, "web", transition: "failed").Code);
    }

    private static Scene OneCheck(Func<NagiosWatcher, NagiosWatcher>? adjust = null) => new(Make.Check("disk", adjust));

    private static Scene Remediated() => new(Make.Check("disk", null, null, Make.Remediate()));
}
