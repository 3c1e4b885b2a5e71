using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Hosting;

/// <summary>Definitions come, change and go (machines.md 4.2).</summary>
public sealed class ReloadTests
{
    [Fact]
    public void An_unchanged_machine_is_not_touched()
    {
        Scene scene = new Scene(Make.Check("disk"), Make.Check("load")).Start().Advance(30);
        scene.Mark();
        scene.Node.Apply([Make.Check("disk"), Make.Check("load", check => check with { Attempts = 5 })]);
        scene.Simulation.Settle();
        Assert.All(scene.Events, one => Assert.Equal("load", one.Machine));
        Assert.All(scene.Runs, one => Assert.Equal("load", one.Machine));
        Assert.Equal("definition", scene.States.Single().Reason);
    }

    [Fact]
    public void A_changed_check_keeps_what_it_believes_and_looks_within_its_splay()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 3 })).Start().Feed("check", "C", 90).Advance(10);
        scene.Do(CommandKind.Acknowledge, "disk");
        scene.Mark();
        scene.Node.Apply([Make.Check("disk", check => check with { Attempts = 4 })]);
        MachineView view = scene.View("disk");
        Assert.Equal("CRITICAL", view.State);
        Assert.False(view.Record.Check!.Fresh);
        Assert.NotNull(view.Record.Acknowledgement);
        scene.Simulation.Settle();
        Assert.Single(scene.Runs);
        Assert.Empty(scene.Transitions);
    }

    [Fact]
    public void What_is_announced_again_and_again_is_announced_after_a_change_too()
    {
        static MachineDefinition Machine(string version) => Make.Of("m", Make.Table("A", Make.To("go", ["A"], "B")),
            [new ExecWatcher { Name = "look", Command = Make.Command("look"), AnnounceInterval = TimeSpan.FromMinutes(5) }], machine => machine with { Version = version });
        Scene scene = new Scene(Machine("1.0.0")).Start().Advance(200).Mark();
        scene.Node.Apply([Machine("1.0.1")]);
        scene.Advance(100);
        WatcherEvent again = Assert.Single(scene.WatcherEvents);
        Assert.True(again.Announce);
        Assert.Equal("1.0.1", again.Definition.Version);
        Assert.Empty(scene.Runs);
    }

    [Fact]
    public void Another_subject_makes_it_fresh()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 1 })).Given("check", Answer.Critical).Start();
        scene.Do(CommandKind.Acknowledge, "disk");
        scene.Node.Apply([Make.Check("disk", check => check with { Attempts = 1, Subject = new PluginSubject(Make.Command("check_other")) })]);
        MachineView view = scene.View("disk");
        Assert.Equal("CRITICAL", view.State);
        Assert.True(view.Record.Check!.Fresh);
        Assert.Null(view.Record.Check.LastResult);
        Assert.Null(view.Record.Acknowledgement);
    }

    [Fact]
    public void A_run_in_flight_ends_by_itself_and_its_result_is_dropped()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 1 })).Start().Given("check", Answer.Critical with { Takes = TimeSpan.FromSeconds(5) }).Advance(61);
        scene.Given("check", Answer.Ok);
        scene.Node.Apply([Make.Check("disk", check => check with { Attempts = 2 })]);
        scene.Mark().Advance(5);
        Assert.Equal("OK", scene.State("disk"));
        Assert.DoesNotContain(scene.Checks, one => one.RawStatus == CheckStatus.Critical);
        Assert.Empty(scene.Cancels);
        Assert.Equal(1, scene.Host.Counters.DroppedOutcomes);
        Assert.Single(scene.Runs);
    }

    [Fact]
    public void A_forced_check_is_asked_again_when_the_definition_changes_under_it()
    {
        Scene scene = new Scene(Make.Check("disk")).Start().Given("check", Answer.Ok with { Takes = TimeSpan.FromSeconds(5) });
        CommandReply reply = scene.Do(CommandKind.Check, "disk");
        scene.Node.Apply([Make.Check("disk", check => check with { Attempts = 2 })]);
        scene.Advance(20);
        Assert.Equal("OK", scene.State("disk"));
        Assert.Equal(reply.ForcedRun, scene.Forced.Single().ForcedRun);
    }

    [Fact]
    public void Maintenance_data_and_budget_are_kept()
    {
        Scene scene = new Scene(Make.Check("disk", null, null, Make.Remediate())).Given("check", Answer.Critical).Start().Advance(4000);
        Assert.Equal(3, scene.RunsOf("remediate"));
        scene.Mark();
        scene.Node.Apply([Make.Check("disk", null, null, Make.Remediate(exec => exec with { Command = Make.Command("clean-other") }))]);
        scene.Advance(4000);
        Assert.Equal(0, scene.RunsOf("remediate"));
        scene.Do(CommandKind.Maintenance, "disk", "anna", "hands off", TimeSpan.FromDays(2));
        scene.Node.Apply([Make.Check("disk", check => check with { Attempts = 2 }, null, Make.Remediate())]);
        Assert.Equal("hands off", scene.View("disk").Record.Maintenance!.Reason);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
    }

    [Fact]
    public void An_unchanged_timer_goes_on_a_changed_one_starts_anew()
    {
        Scene scene = new Scene(Zoo.Web("web")).Given("alive", Answer.Failure).Given("restart", Answer.Failure).Start().Advance(40);
        scene.Node.Apply([Zoo.Web("web", variant: 2)]);
        scene.Advance(10);
        Assert.Equal("BROKEN", scene.State("web"));
        scene.Do(CommandKind.Transition, "web", transition: "repaired");
        Assert.Equal("RESTARTING", scene.State("web"));
        scene.Advance(40);
        MachineDefinition longer = Make.Of("web", Zoo.Web("web").Table, [.. Zoo.Web("web").Watchers.Select(one => one is TimerWatcher timer ? timer with { Timer = TimeSpan.FromSeconds(60) } : one)]);
        scene.Node.Apply([longer]);
        scene.Advance(59.9);
        Assert.Equal("RESTARTING", scene.State("web"));
        scene.Advance(0.1);
        Assert.Equal("BROKEN", scene.State("web"));
    }

    [Fact]
    public void A_deleted_machine_ends_its_run_says_so_and_is_kept_for_ten_minutes()
    {
        Scene scene = new Scene(Make.Check("disk"), Make.Check("load")).Start();
        scene.Do(CommandKind.Maintenance, "load");
        scene.Given("check", Answer.Ok with { Takes = TimeSpan.FromSeconds(8) }).Advance(61);
        scene.Mark();
        scene.Node.Apply([Make.Check("load")]);
        Assert.Single(scene.Cancels);
        Assert.True(scene.States.Single().View.Deleted);
        Assert.Equal("deleted", scene.States.Single().Reason);
        Assert.Null(scene.Host.Find("disk"));
        Assert.Equal(1, scene.Host.Count);
        scene.Advance(599);
        Assert.NotNull(scene.Stored("disk").DeletedAt);
        scene.Advance(1);
        Assert.Equal(["disk"], scene.Erased);
    }

    [Fact]
    public void Written_anew_within_ten_minutes_it_finds_its_state_and_maintenance_again()
    {
        Scene scene = new Scene(Make.Check("disk")).Start();
        scene.Do(CommandKind.Maintenance, "disk", "anna", "swap disks", TimeSpan.FromHours(1));
        scene.Node.Apply([]);
        scene.Advance(590);
        scene.Mark();
        scene.Node.Apply([Make.Check("disk")]);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
        Assert.Equal("swap disks", scene.View("disk").Record.Maintenance!.Reason);
        Assert.False(scene.States.Single().View.Deleted);
        Assert.Null(scene.Stored("disk").DeletedAt);
        scene.Advance(20);
        Assert.Empty(scene.Erased);
        // Gone for longer, it begins anew.
        scene.Node.Apply([]);
        scene.Advance(601);
        scene.Node.Apply([Make.Check("disk")]);
        scene.Simulation.Settle();
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void A_file_that_turned_bad_changes_nothing_but_what_is_said()
    {
        Scene scene = new Scene(Make.Check("disk")).Start().Mark();
        scene.Node.Apply([Make.Check("disk")], new Dictionary<string, string> { ["disk"] = "disk.yaml:3:1: error unknown_key" });
        Assert.Equal("disk.yaml:3:1: error unknown_key", scene.States.Single().View.DefinitionError);
        scene.Node.Apply([Make.Check("disk")], new Dictionary<string, string> { ["disk"] = "disk.yaml:3:1: error unknown_key" });
        Assert.Single(scene.States);
        scene.Node.Apply([Make.Check("disk")]);
        Assert.Null(scene.View("disk").DefinitionError);
        Assert.Equal(2, scene.States.Count());
        Assert.Empty(scene.Runs);
    }

    [Fact]
    public void A_doubt_is_cut_to_the_new_attempts()
    {
        Scene scene = new Scene(Make.Check("disk", check => check with { Attempts = 5 })).Start().Given("check", Answer.Critical).Advance(60 + 45);
        Assert.Equal("CRITICAL 4/5", scene.View("disk").Soft);
        scene.Node.Apply([Make.Check("disk", check => check with { Attempts = 2 })]);
        Assert.Equal("CRITICAL 1/2", scene.View("disk").Soft);
        scene.Simulation.Settle();
        Assert.Equal("CRITICAL", scene.State("disk"));
    }

    [Fact]
    public void Splay_start_holds_the_watchers_back_but_not_the_commands()
    {
        Scene scene = new([Make.Check("disk", null, machine => machine with { SplayStart = TimeSpan.FromHours(1) })], splay: true);
        scene.Start().Advance(1);
        DateTimeOffset begin = scene.Now;
        Assert.Empty(scene.Runs);
        Assert.Equal(CommandCode.Ok, scene.Do(CommandKind.Check, "disk").Code);
        Assert.Equal("OK", scene.State("disk"));
        Assert.Single(scene.Runs);
        scene.Advance(3610);
        Assert.True(scene.Runs.Count > 1);
        Assert.InRange(scene.Checks.Count(), 1, 10);
        _ = begin;
    }

    [Fact]
    public void Repeat_says_the_state_again_without_changing_anything()
    {
        Scene scene = new Scene(Make.Check("disk"), Make.Check("load")).Start().Mark();
        scene.Host.Repeat(["load", "nobody"]);
        StateEvent said = scene.States.Single();
        Assert.Equal(("load", "repeat"), (said.Machine, said.Reason));
        Assert.Equal("OK", said.View.State);
    }

    [Fact]
    public void Views_are_in_order_of_names_and_know_what_is_next()
    {
        Scene scene = new Scene(Make.Check("b"), Make.Check("a"), Make.Check("C")).Start().Advance(10);
        Assert.Equal(["C", "a", "b"], scene.Host.Views().Select(view => view.Name));
        Assert.All(scene.Host.Views(), view => Assert.Equal(scene.Now + TimeSpan.FromSeconds(50), view.NextDue));
    }
}
