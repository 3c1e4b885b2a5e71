using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Hosting;

/// <summary>Maintenance windows, and clocks that do not go as they should (machines.md 10.3, 6.3; reliability.md R10).</summary>
[Trait("fault", "R10")]
public sealed class WindowTests
{
    private static readonly DateTimeOffset Midnight = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_window_opens_and_closes_by_itself()
    {
        Scene scene = Nightly().Start().Mark().Advance(3600);
        TransitionEvent opened = scene.Transitions.Single();
        Assert.Equal(("MAINTENANCE", "window", "window"), (opened.To, opened.Caller, opened.Reason));
        Assert.Equal("backup", opened.Maintenance!.Reason);
        Assert.Equal(Midnight.AddHours(3), scene.View("disk").Record.Maintenance!.Until);
        scene.Mark().Advance(7199);
        Assert.Empty(scene.Runs);
        scene.Advance(1);
        Assert.Equal("RESUME", scene.Transitions.First().Transition);
        Assert.Equal("OK", scene.State("disk"));
        scene.Mark().Advance(22 * 3600);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
    }

    [Fact]
    public void A_node_that_starts_inside_a_window_enters_it_before_any_check()
    {
        Scene scene = Nightly(Midnight.AddHours(2)).Start();
        Assert.Empty(scene.Runs);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
        scene.Advance(3600);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void A_window_opens_from_FORCE_CHECK_too_and_who_waits_for_the_check_is_answered()
    {
        Scene scene = Nightly().Start().Advance(3599);
        scene.Given("check", Answer.Ok with { Takes = TimeSpan.FromSeconds(5) });
        scene.Do(CommandKind.Check, "disk");
        scene.Mark().Advance(1);
        Assert.Equal("FORCE_CHECK", scene.Transitions.Single().From);
        Assert.Equal("MAINTENANCE", scene.Forced.Single().View.State);
        scene.Advance(10);
        Assert.True(scene.Checks.Single().InMaintenance);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(5, 5)]
    public void Of_a_persons_deadline_and_a_windows_the_later_holds(int hours, int ends)
    {
        Scene scene = Nightly().Start().Advance(1800);
        scene.Do(CommandKind.Maintenance, "disk", "anna", "mine", TimeSpan.FromHours(hours) - TimeSpan.FromMinutes(30));
        scene.Advance(1800);
        Assert.Equal(Midnight.AddHours(ends), scene.View("disk").Record.Maintenance!.Until);
        Assert.Equal("anna", scene.View("disk").Record.Maintenance!.Caller);
        scene.Advance((ends - 1) * 3600);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void An_open_ended_maintenance_outlasts_every_window()
    {
        Scene scene = Nightly().Start();
        scene.Do(CommandKind.Maintenance, "disk");
        scene.Advance(48 * 3600);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
        Assert.Null(scene.View("disk").Record.Maintenance!.Until);
    }

    [Fact]
    public void RESUME_by_a_person_ends_this_occurrence_also_over_a_restart()
    {
        Scene scene = Nightly().Start().Advance(3700);
        Assert.Equal(CommandCode.Ok, scene.Do(CommandKind.Resume, "disk").Code);
        scene.Advance(600);
        Assert.Equal("OK", scene.State("disk"));
        scene.Restart(60).Advance(600);
        Assert.Equal("OK", scene.State("disk"));
        scene.Advance(24 * 3600 - 1300);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
    }

    [Fact]
    public void Windows_that_overlap_are_one()
    {
        Scene scene = new Scene([Make.Check("disk", null, machine => machine with { MaintenanceWindows = [Window(1, 2), Window(2, 3), Window(5, 1)] })]).Start().Mark().Advance(3600);
        Assert.Equal(Midnight.AddHours(6), scene.View("disk").Record.Maintenance!.Until);
        scene.Advance(5 * 3600);
        Assert.Equal(1, scene.Transitions.Count(one => one.To == "MAINTENANCE"));
        Assert.Equal("OK", scene.State("disk"));
    }

    [Theory]
    [InlineData("2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z")]
    public void In_Paris_half_past_two_opens_after_the_gap_and_at_the_first_of_two(string start, string opens)
    {
        TimeZoneInfo paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");
        var window = new MaintenanceWindow { Start = new TimeOnly(2, 30), Duration = TimeSpan.FromMinutes(20), TimeZone = paris };
        var scene = new Scene([Make.Check("disk", null, machine => machine with { MaintenanceWindows = [window] })], start: At(start));
        scene.Start().Mark().Advance(4 * 3600);
        TransitionEvent opened = Assert.Single(scene.Transitions, one => one.To == "MAINTENANCE");
        Assert.Equal(At(opens), opened.Time);
    }

    [Fact]
    public void A_clock_stepped_over_the_deadline_ends_the_maintenance_within_thirty_seconds()
    {
        Scene scene = new Scene(Make.Check("disk")).Start();
        scene.Do(CommandKind.Maintenance, "disk", @for: TimeSpan.FromHours(5));
        scene.Simulation.Time.StepWall(TimeSpan.FromHours(6));
        scene.Advance(30);
        Assert.Equal("OK", scene.State("disk"));
        Assert.Equal(1, scene.Host.Counters.ClockSteps);
    }

    [Fact]
    public void A_clock_stepped_back_reopens_nothing()
    {
        Scene scene = Nightly().Start().Advance((3 * 3600) + 60);
        Assert.Equal("OK", scene.State("disk"));
        scene.Mark();
        scene.Simulation.Time.StepWall(TimeSpan.FromHours(-1));
        scene.Advance(7200);
        Assert.Empty(scene.Transitions);
        scene.Restart(1).Advance(60);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Fact]
    public void A_clock_stepped_back_prolongs_a_persons_deadline_as_the_clock_says()
    {
        Scene scene = new Scene(Make.Check("disk")).Start();
        scene.Do(CommandKind.Maintenance, "disk", @for: TimeSpan.FromHours(2));
        scene.Advance(3600);
        scene.Simulation.Time.StepWall(TimeSpan.FromHours(-1));
        scene.Advance(7199);
        Assert.Equal("MAINTENANCE", scene.State("disk"));
        scene.Advance(1);
        Assert.Equal("OK", scene.State("disk"));
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    [InlineData(10L * 365 * 86400)]
    [InlineData(-10L * 365 * 86400)]
    [InlineData(8 * 3600 + 17)]
    public void Intervals_do_not_move_with_the_wall_clock(long step)
    {
        Scene scene = new Scene([Make.Check("disk")], splay: true, start: At("2045-06-01T00:00:00Z")).Start().Advance(600);
        DateTimeOffset next = scene.View("disk").NextDue!.Value;
        double left = (next - scene.Now).TotalSeconds;
        scene.Mark();
        scene.Simulation.Time.StepWall(TimeSpan.FromSeconds(step));
        scene.Advance(left - 0.001);
        Assert.Empty(scene.Runs);
        scene.Advance(600.002);
        Assert.Equal(11, scene.Runs.Count);
    }

    private static Scene Nightly(DateTimeOffset? start = null) =>
        new([Make.Check("disk", null, machine => machine with { MaintenanceWindows = [Window(1, 2)] })], start: start);

    private static MaintenanceWindow Window(int hour, int hours) => new() { Start = new TimeOnly(hour, 0), Duration = TimeSpan.FromHours(hours), Reason = "backup" };

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
