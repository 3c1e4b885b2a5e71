using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;
using Scout.Machines.Tests.Simulated;
using Answer = Scout.Machines.Simulated.Answer;

namespace Scout.Machines.Tests.Watchers;

/// <summary>file, schedule, timer and metric (machines.md section 8).</summary>
public sealed class LiveWatcherTests
{
    [Fact]
    public void The_first_look_at_a_file_is_a_change_and_later_only_a_difference_is()
    {
        Scene scene = FileScene().Given("file", Answer.FileLike(1)).Start();
        Assert.Equal("B", scene.State("m"));
        // The second look is that of the entry into the state the first one led to.
        Assert.Equal(2, scene.Runs.Count);
        Assert.All(scene.Runs, run => Assert.Equal((RunKind.File, TimeSpan.FromSeconds(10)), (run.Kind, run.Timeout)));
        scene.Do(CommandKind.Transition, "m", transition: "back");
        scene.Advance(60);
        Assert.Equal("A", scene.State("m"));
        scene.Given("file", Answer.FileLike(2)).Advance(5);
        Assert.Equal("B", scene.State("m"));
        Assert.Equal(2, scene.WatcherEvents.Count());
    }

    [Fact]
    public void An_older_file_is_a_change_too_and_the_mark_survives_a_restart()
    {
        Scene scene = FileScene(file => file with { GatherInitialState = true }).Given("file", Answer.FileLike(5)).Start().Advance(20);
        Assert.Equal("A", scene.State("m"));
        scene.Restart(60).Advance(20);
        Assert.Equal("A", scene.State("m"));
        scene.Node.Crash();
        scene.Given("file", Answer.FileLike(4));
        scene.Node.Start();
        scene.Advance(10);
        Assert.Equal("B", scene.State("m"));
    }

    [Fact]
    public void A_missing_file_fires_every_time_and_speaks_once()
    {
        Scene scene = FileScene(file => file with { SuccessTransition = null, FailTransition = "go" }).Given("file", Answer.FileMissing).Start();
        Assert.Equal("B", scene.State("m"));
        for (int i = 0; i < 3; i++)
        {
            scene.Do(CommandKind.Transition, "m", transition: "back");
            scene.Advance(5);
            Assert.Equal("B", scene.State("m"));
        }

        Assert.Single(scene.WatcherEvents);
        Assert.Contains("no such file", scene.WatcherEvents.Single().Output, StringComparison.Ordinal);
        scene.Given("file", Answer.FileLike(1)).Advance(5);
        scene.Given("file", Answer.FileMissing).Advance(5);
        Assert.Equal(["failure", "success", "failure"], scene.WatcherEvents.Select(one => one.Outcome));
    }

    [Fact]
    public void A_look_that_hangs_is_a_failure()
    {
        Scene scene = FileScene(file => file with { FailTransition = "go" }).Given("file", Answer.Hang).Start().Advance(9.9);
        Assert.Equal("A", scene.State("m"));
        scene.Advance(0.1);
        Assert.Equal("B", scene.State("m"));
        Assert.True(scene.Runs.Count < 3);
        Assert.Contains("over 10 s", scene.WatcherEvents.First().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_managed_file_is_asked_for_with_expanded_contents()
    {
        var managed = new ManagedFile(Make.Template("level {{ lookup \"data.level\" \"1\" }}"), Make.Template("root"), Make.Template("root"), Make.Template("0644"));
        Scene scene = FileScene(file => file with { Managed = managed, SuccessTransition = null }).Given("file", new Answer { File = new FileLook(true, 1, 1, 1, true, "") }).Start();
        Assert.Equal(new ManagedFileRequest("/etc/motd", "level 1", "root", "root", "0644"), scene.Runs.First().ManagedFile);
        Assert.Equal("/etc/motd mended", scene.WatcherEvents.First().Output);
    }

    [Fact]
    public void A_schedule_fires_at_its_edges_and_on_entry()
    {
        Scene scene = ScheduleScene("0 8 * * *", TimeSpan.FromHours(10)).Start();
        Assert.Equal("off", scene.WatcherEvents.Single().Outcome);
        scene.Mark().Advance(8 * 3600 - 1);
        Assert.Empty(scene.Events);
        scene.Advance(1);
        Assert.Equal("DAY", scene.State("m"));
        // The edge, and the entry into the state that it led to.
        Assert.Equal(["on", "on"], scene.WatcherEvents.Select(one => one.Outcome));
        scene.Advance(10 * 3600);
        Assert.Equal("NIGHT", scene.State("m"));
        scene.Advance(14 * 3600);
        Assert.Equal("DAY", scene.State("m"));
    }

    [Fact]
    public void A_start_in_mid_window_is_on_and_an_edge_missed_while_down_is_seen()
    {
        Scene scene = ScheduleScene("0 8 * * *", TimeSpan.FromHours(10), start: "2030-01-01T12:00:00Z").Start();
        Assert.Equal("DAY", scene.State("m"));
        scene.Mark().Restart(3600);
        Assert.Empty(scene.Events);
        scene.Restart(8 * 3600);
        Assert.Equal("NIGHT", scene.State("m"));
        Assert.Equal("off", scene.WatcherEvents.First().Outcome);
    }

    [Fact]
    public void Windows_that_overlap_unite()
    {
        Scene scene = ScheduleScene("*/10 8-9 * * *", TimeSpan.FromMinutes(15)).Start().Mark().Advance(24 * 3600);
        Assert.Equal(["dawn", "dusk"], scene.Transitions.Select(one => one.Transition));
        Assert.Equal("2030-01-01T10:05:00", scene.WatcherEvents.Last().Time.ToString("s", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 1)]
    public void On_entry_it_fires_again_unless_one_success_a_window_is_enough(bool skip, int expected)
    {
        Scene scene = ScheduleScene("0 8 * * *", TimeSpan.FromHours(10), skip: skip, start: "2030-01-01T09:00:00Z").Start();
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(CommandCode.Ok, scene.Do(CommandKind.Transition, "m", transition: "aside").Code);
            scene.Advance(60);
            scene.Do(CommandKind.Transition, "m", transition: "again");
        }

        Assert.Equal(expected, scene.Transitions.Count(one => one.To == "DAY"));
    }

    [Fact]
    public void A_clock_stepped_back_over_an_edge_fires_nothing_twice()
    {
        Scene scene = ScheduleScene("0 8 * * *", TimeSpan.FromHours(10)).Start().Advance((8 * 3600) + 600);
        Assert.Equal("DAY", scene.State("m"));
        scene.Mark();
        scene.Simulation.Time.StepWall(TimeSpan.FromHours(-1));
        scene.Advance(3 * 3600);
        Assert.Empty(scene.Events);
        scene.Simulation.Time.StepWall(TimeSpan.FromHours(-1));
        scene.Advance(60);
        Assert.Empty(scene.Events);
        scene.Simulation.Time.StepWall(TimeSpan.FromHours(12));
        scene.Advance(30);
        Assert.Equal("NIGHT", scene.State("m"));
    }

    [Fact]
    public void A_timer_starts_anew_on_entry_is_cancelled_by_leaving_and_fails_when_it_expires()
    {
        Scene scene = new Scene(Zoo.Web("web")).Given("alive", Answer.Failure).Given("restart", Answer.Failure).Start().Advance(30);
        scene.Given("restart", Answer.Success).Given("alive", Answer.Success).Advance(15);
        Assert.Equal("RUNNING", scene.State("web"));
        Assert.Equal(["started", "stopped"], scene.WatcherEvents.Where(one => one.Watcher == "patience").Select(one => one.Outcome));
        scene.Given("alive", Answer.Failure).Given("restart", Answer.Failure).Mark().Advance(26);
        Assert.Equal("RESTARTING", scene.State("web"));
        scene.Advance(48.9);
        Assert.Equal("RESTARTING", scene.State("web"));
        scene.Advance(0.1);
        Assert.Equal("BROKEN", scene.State("web"));
    }

    [Fact]
    public void A_day_is_a_day_whatever_the_clock_says_meanwhile()
    {
        Scene scene = new Scene(Make.Of("m", Make.Table("A", Make.To("go", ["A"], "B")), [new TimerWatcher { Name = "wait", Timer = TimeSpan.FromHours(24), FailTransition = "go" }])).Start().Advance(3600);
        scene.Simulation.Time.StepWall(TimeSpan.FromHours(10));
        scene.Advance(60);
        scene.Restart(0).Advance(22.9 * 3600);
        Assert.Equal("A", scene.State("m"));
        scene.Advance(0.1 * 3600);
        Assert.Equal("B", scene.State("m"));
    }

    [Fact]
    public void A_metric_is_an_event_with_numbers_and_may_be_stored()
    {
        Scene scene = MetricScene().Given("numbers", Answer.Exit(0, """{"labels": {"zone": "a"}, "metrics": {"temp-c": 21.5, "2nd": 1}}""")).Start();
        WatcherEvent said = scene.WatcherEvents.Single();
        Assert.Equal("success", said.Outcome);
        Assert.Equal(["temp_c=21.5", "_2nd=1"], said.Metrics.Select(one => $"{one.Name}={one.Value}"));
        Assert.Equal(["site=x", "zone=a"], said.Metrics[0].Labels.Select(one => $"{one.Key}={one.Value}"));
        Assert.Equal("""{"metric.numbers":{"temp_c":21.5,"_2nd":1}}""", scene.View("m").Record.Data);
        scene.Advance(180);
        Assert.Equal(4, scene.Runs.Count);
    }

    [Theory]
    [InlineData(1, "{\"metrics\": {\"a\": 1}}")]
    [InlineData(0, "{\"metrics\": {\"a\": \"x\"}}")]
    [InlineData(0, "{\"metrics\": [1]}")]
    [InlineData(0, "{broken")]
    [InlineData(0, """{"labels": {"a": "\ud800"}, "metrics": {"a": 1}}""")]
    [InlineData(0, """{"metrics": {"\ud800": 1}}""")]
    [InlineData(0, """{"metrics": {"a": 1e999}}""")]
    [InlineData(0, "no numbers at all")]
    public void Bad_output_of_a_metric_is_a_failure_that_is_told(int exit, string printed)
    {
        Scene scene = MetricScene().Given("numbers", Answer.Exit(exit, printed)).Start();
        Assert.Equal("failure", scene.WatcherEvents.Single().Outcome);
        Assert.Equal("B", scene.State("m"));
    }

    [Fact]
    public void Performance_data_are_metrics_too()
    {
        var perf = new RunOutput("x", "", [new PerfDatum("/ used", 5, "bytes", "5B"), new PerfDatum("u", null, "", "U")], 0, "");
        Scene scene = MetricScene().Given("numbers", Answer.Exit(0, "x|...") with { Output = perf }).Start();
        Assert.Equal("__used", scene.WatcherEvents.Single().Metrics.Single().Name);
    }

    private static Scene FileScene(Func<FileWatcher, FileWatcher>? adjust = null)
    {
        var file = new FileWatcher { Name = "file", Path = "/etc/motd", SuccessTransition = "go", StateMatch = [] };
        return new Scene(Make.Of("m", Make.Table("A", Make.To("go", ["A", "B"], "B"), Make.To("back", ["B"], "A")), [adjust?.Invoke(file) ?? file]));
    }

    private static Scene ScheduleScene(string cron, TimeSpan duration, bool skip = false, string start = "2030-01-01T00:00:00Z")
    {
        var schedule = new ScheduleWatcher
        {
            Name = "sun",
            Schedules = [Zoo.Cron(cron)],
            Duration = duration,
            SuccessTransition = "dawn",
            FailTransition = "dusk",
            SkipTriggerOnReenter = skip,
            StateMatch = ["NIGHT", "DAY"],
        };
        MachineDefinition machine = Make.Of("m", Make.Table("NIGHT", Make.To("dawn", ["NIGHT"], "DAY"), Make.To("dusk", ["DAY"], "NIGHT"),
            Make.To("aside", ["DAY", "NIGHT"], "ASIDE"), Make.To("again", ["ASIDE"], "NIGHT")), [schedule]);
        return new Scene([machine], start: DateTimeOffset.Parse(start, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static Scene MetricScene() => new(Make.Of("m", Make.Table("A", Make.To("go", ["A"], "B")),
        [new MetricWatcher { Name = "numbers", Command = Make.Command("numbers"), Interval = TimeSpan.FromMinutes(1), Store = true, Labels = [KeyValuePair.Create("site", "x")], FailTransition = "go" }]));
}
