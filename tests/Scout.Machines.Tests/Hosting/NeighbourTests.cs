using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Hosting;

/// <summary>Machines that look at each other: subscriptions (5.4), foreign states (5.5), dependencies (6.4).</summary>
public sealed class NeighbourTests
{
    [Fact]
    public void A_subscription_follows_a_real_transition_in_order_of_names_with_its_cause()
    {
        Scene scene = new Scene(Leader(), Follower("zeta"), Follower("alpha")).Start().Mark();
        scene.Do(CommandKind.Transition, "leader", transition: "fail");
        Assert.Equal(["leader", "alpha", "zeta"], scene.Transitions.Select(one => one.Machine));
        string cause = scene.Transitions.First().Id.ToString();
        Assert.All(scene.Transitions.Skip(1), one => Assert.Equal(("subscription", cause), (one.Reason, one.Cause)));
    }

    [Fact]
    public void A_self_transition_wakes_nobody_and_a_refused_one_is_counted()
    {
        Scene scene = new Scene(Leader(), Follower("alpha")).Start();
        scene.Do(CommandKind.Transition, "leader", transition: "fail");
        scene.Mark();
        CommandReply again = scene.Do(CommandKind.Transition, "leader", transition: "fail");
        Assert.Equal(CommandCode.Ok, again.Code);
        Assert.Null(again.Event);
        Assert.Empty(scene.Events);
        long refused = scene.Host.Counters.Refused;
        scene.Do(CommandKind.Transition, "leader", transition: "mend");
        scene.Do(CommandKind.Transition, "leader", transition: "fail");
        Assert.Equal(refused + 1, scene.Host.Counters.Refused);
        Assert.Equal("DOWN", scene.State("alpha"));
    }

    [Fact]
    public void A_machine_may_subscribe_to_itself()
    {
        MachineDefinition own = Make.Of("own", Make.Table("A", Make.To("go", ["A"], "B"), Make.To("on", ["B"], "C", new Subscription("own", "go"))), [Wait()]);
        Scene scene = new Scene(own).Start();
        scene.Do(CommandKind.Transition, "own", transition: "go");
        Assert.Equal("C", scene.State("own"));
    }

    [Fact]
    public void Only_the_entry_that_subscribed_is_fired()
    {
        MachineDefinition two = Make.Of("two", Make.Table("A", Make.To("go", ["A"], "B", new Subscription("leader", "fail")), Make.To("go", ["B"], "C"), Make.To("skip", ["A"], "B")), [Wait()]);
        Scene scene = new Scene(Leader(), two).Start();
        scene.Do(CommandKind.Transition, "two", transition: "skip");
        scene.Do(CommandKind.Transition, "leader", transition: "fail");
        Assert.Equal("B", scene.State("two"));
    }

    [Fact]
    public void A_check_can_be_told_its_state_by_a_subscription_and_then_believes_nothing()
    {
        MachineDefinition told = Make.Check("told", check => check with { Attempts = 3 }, machine => machine with
        {
            Table = Make.Table("UNKNOWN", [.. Make.CheckTable.Transitions.Where(one => one.Name != "CRITICAL"), Make.To("CRITICAL", [.. Make.CheckStates], null, new Subscription("leader", "fail"))]),
        });
        Scene scene = new Scene(Leader(), told).Start().Given("check", Answer.Critical);
        scene.Do(CommandKind.Transition, "leader", transition: "fail");
        Assert.Equal("CRITICAL", scene.State("told"));
        Assert.True(scene.View("told").Record.Check!.Fresh);
        // Somebody else moved it: it looks retry_interval later.
        scene.Mark().Advance(15);
        Assert.Single(scene.Runs);
    }

    [Fact]
    public void A_watcher_becomes_active_when_a_foreign_state_is_there_and_that_is_an_entry()
    {
        Scene scene = new Scene(Leader(), Dependent("DOWN")).Start();
        Assert.Equal(0, scene.RunsOf("act"));
        scene.Do(CommandKind.Transition, "leader", transition: "fail");
        Assert.Equal(1, scene.RunsOf("act"));
        Assert.Equal(scene.Transitions.First().Id.ToString(), scene.WatcherEvents.Single(one => one.Watcher == "act").Cause);
        scene.Advance(60);
        Assert.Equal(2, scene.RunsOf("act"));
        scene.Do(CommandKind.Transition, "leader", transition: "mend");
        scene.Advance(600);
        Assert.Equal(2, scene.RunsOf("act"));
    }

    [Fact]
    public void A_foreign_machine_that_is_missing_does_not_hold_and_counts_when_it_comes()
    {
        Scene scene = new Scene(Dependent("UP")).Start().Advance(100);
        Assert.Empty(scene.Runs);
        scene.Node.Apply([Dependent("UP"), Leader()]);
        scene.Simulation.Settle();
        Assert.Single(scene.Runs);
        scene.Node.Apply([Dependent("UP")]);
        scene.Advance(600);
        Assert.Single(scene.Runs);
    }

    [Fact]
    public void A_foreign_check_in_FORCE_CHECK_counts_with_the_state_it_came_from()
    {
        MachineDefinition actor = Make.Of("actor", Make.Table("A", Make.To("go", ["A"], "B")),
            [new ExecWatcher { Name = "act", Command = Make.Command("x"), Interval = TimeSpan.FromMinutes(1), ForeignStates = [new ForeignState("disk", "OK")] }]);
        Scene scene = new Scene(Make.Check("disk"), actor).Start().Advance(1);
        int before = scene.RunsOf("act");
        scene.Given("check", Answer.Ok with { Takes = TimeSpan.FromSeconds(5) });
        scene.Do(CommandKind.Check, "disk");
        scene.Advance(6);
        Assert.Equal(before, scene.RunsOf("act"));
    }

    [Fact]
    public void While_a_parent_is_down_problems_are_UNKNOWN_and_say_why()
    {
        Scene scene = Family().Given("gateway/check", Answer.Critical).Given("far/check", Answer.Critical).Start().Advance(1);
        Assert.Equal("CRITICAL", scene.State("gateway"));
        scene.Mark().Advance(60);
        CheckEvent said = scene.Checks.Last(one => one.Machine == "far");
        Assert.Equal(CheckStatus.Unknown, said.Status);
        Assert.Equal(CheckStatus.Critical, said.RawStatus);
        Assert.Equal("gateway", said.SuppressedBy);
        Assert.Equal("UNKNOWN", scene.State("far"));
        Assert.Equal("gateway", scene.View("far").Record.Check!.SuppressedBy);
        // An OK is an OK.
        scene.Given("far/check", Answer.Ok).Advance(60);
        Assert.Equal("OK", scene.State("far"));
        Assert.Null(scene.View("far").Record.Check!.SuppressedBy);
    }

    [Fact]
    public void When_the_parent_is_back_its_dependents_look_soon()
    {
        Scene scene = Family(splay: true).Given("gateway/check", Answer.Critical).Given("far/check", Answer.Critical).Start().Advance(130);
        scene.Given("gateway/check", Answer.Ok).Mark();
        while (scene.State("gateway") != "OK") scene.Advance(1);
        scene.Mark().Advance(10);
        Assert.Contains(scene.Runs, run => run.Machine == "far");
        Assert.Equal("CRITICAL", scene.State("far"));
    }

    [Fact]
    public void Maintenance_of_a_parent_counts_as_down_and_a_missing_parent_never_does()
    {
        Scene scene = Family().Start();
        scene.Do(CommandKind.Maintenance, "gateway");
        scene.Given("far/check", Answer.Critical).Advance(60);
        Assert.Equal("gateway", scene.View("far").Record.Check!.SuppressedBy);
        scene.Node.Apply([Far()]);
        scene.Advance(60);
        Assert.Equal("CRITICAL", scene.State("far"));
        Assert.Null(scene.View("far").Record.Check!.SuppressedBy);
    }

    private static Scene Family(bool splay = false) => new([Make.Check("gateway", check => check with { Attempts = 1 }), Far()], splay);

    private static MachineDefinition Far() => Make.Check("far", check => check with { Attempts = 1 }, machine => machine with { DependsOn = ["gateway"] });

    private static MachineDefinition Leader() => Make.Of("leader", Make.Table("UP", Make.To("fail", ["UP", "DOWN"], "DOWN"), Make.To("mend", ["DOWN"], "UP")), [Wait()]);

    private static MachineDefinition Follower(string name) =>
        Make.Of(name, Make.Table("UP", Make.To("down", ["UP"], "DOWN", new Subscription("leader", "fail"))), [Wait()]);

    private static MachineDefinition Dependent(string state) => Make.Of("actor", Make.Table("A", Make.To("go", ["A"], "B")),
        [new ExecWatcher { Name = "act", Command = Make.Command("x"), Interval = TimeSpan.FromMinutes(1), ForeignStates = [new ForeignState("leader", state)] }]);

    private static TimerWatcher Wait() => new() { Name = "wait", Timer = TimeSpan.FromDays(300) };
}
