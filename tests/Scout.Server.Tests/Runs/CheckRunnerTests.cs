using Scout.Checks.Probes;
using Scout.Checks.Probes.Names;
using Scout.Checks;
using Scout.Machines.Definitions;
using Scout.Machines.Runs;
using Scout.Server.Definitions;
using Scout.Server.Runs;
using Scout.Testing;

namespace Scout.Server.Tests.Runs;

public sealed class CheckRunnerTests : IAsyncDisposable
{
    private readonly FakeExecutor executor = new();
    private readonly ManualTime time = new();
    private readonly RunCounters counters = new();
    private readonly List<RunEnded> ended = [];
    private long lastId;

    public ValueTask DisposeAsync() => executor.DisposeAsync();

    [Fact]
    public void No_more_runs_than_slots_start_and_the_next_takes_the_place_of_the_first_to_end()
    {
        CheckRunner runner = Runner(slots: 2);
        foreach (string machine in (string[])["a", "b", "c"]) runner.Start(Request(machine));
        Assert.Equal(["a", "b"], Owners());
        Assert.Equal((2, 1), (runner.Active, runner.Waiting));
        End(runner, 0);
        Assert.Equal(["a", "b", "c"], Owners());
        Assert.Equal(1, counters.SlotsReached);
    }

    [Fact]
    public void The_oldest_due_time_goes_first_and_a_forced_check_before_all()
    {
        CheckRunner runner = Runner(slots: 1);
        runner.Start(Request("first"));
        runner.Start(Request("late", due: 30));
        runner.Start(Request("early", due: 10));
        runner.Start(Request("forced", due: 40, forced: true));
        for (int i = 0; i < 4; i++) End(runner, i);
        Assert.Equal(["first", "forced", "early", "late"], Owners());
    }

    [Fact]
    public void Two_runs_of_one_machine_never_overlap()
    {
        CheckRunner runner = Runner(slots: 4);
        runner.Start(Request("a", words: "one"));
        runner.Start(Request("a", words: "two"));
        Assert.Single(executor.Started);
        End(runner, 0);
        Assert.Equal("two", executor.Started[1].Request.Words[0]);
        End(runner, 1);
        runner.Start(Request("a"));
        Assert.Equal(3, executor.Started.Count);
    }

    [Fact]
    public void Checks_that_ended_badly_get_at_most_half_of_the_slots()
    {
        CheckRunner runner = Runner(slots: 4);
        for (int i = 0; i < 4; i++) runner.Start(Request($"bad{i}", suspect: true, due: i));
        Assert.Equal(["bad0", "bad1"], Owners());
        runner.Start(Request("good1", due: 100));
        runner.Start(Request("good2", due: 100));
        Assert.Equal(["bad0", "bad1", "good1", "good2"], Owners());
        End(runner, 0);
        Assert.Equal("bad2", Owners()[^1]);
    }

    [Fact]
    public void A_waiting_run_that_is_cancelled_never_starts_and_frees_its_machine()
    {
        CheckRunner runner = Runner(slots: 1);
        runner.Start(Request("a"));
        RunRequest waiting = Request("b");
        runner.Start(waiting);
        runner.Cancel(waiting.Id);
        Assert.Equal(0, runner.Waiting);
        End(runner, 0);
        Assert.Single(executor.Started);
        runner.Start(Request("b"));
        Assert.Equal(["a", "b"], Owners());
    }

    [Fact]
    public void A_run_under_way_that_is_cancelled_is_ended_and_keeps_its_slot_until_it_is_gone()
    {
        CheckRunner runner = Runner(slots: 1);
        RunRequest request = Request("a");
        runner.Start(request);
        runner.Cancel(request.Id);
        Assert.True(executor.Started[0].Cancelled);
        Assert.Equal(1, runner.Active);
        End(runner, 0, "cancelled");
        Assert.Equal(0, runner.Active);
    }

    [Fact]
    public void A_machine_whose_process_would_not_die_is_answered_without_a_second_copy()
    {
        CheckRunner runner = Runner(slots: 2);
        runner.Start(Request("a"));
        // This test's own process is certainly still there.
        End(runner, 0, "stuck", Environment.ProcessId);
        Assert.Equal(1, runner.Stuck);
        runner.Start(Request("a"));
        Assert.Single(executor.Started);
        Assert.Equal("stuck", ended[^1].Outcome.Reason);
        Assert.Contains($"pid {Environment.ProcessId} in state", ended[^1].Outcome.Output.Text, StringComparison.Ordinal);
        Assert.Equal(1, counters.TicksSkipped["stuck"]);
        runner.Release(ended[^1]);
        Assert.Equal(0, runner.Active);
    }

    [Fact]
    public void A_stuck_process_that_is_gone_frees_its_machine()
    {
        CheckRunner runner = Runner(slots: 2);
        runner.Start(Request("a"));
        End(runner, 0, "stuck", int.MaxValue - 1);
        Assert.Equal(0, runner.Stuck);
        runner.Start(Request("a"));
        Assert.Equal(2, executor.Started.Count);
    }

    [Fact]
    public void A_check_whose_status_was_lost_is_run_once_more_at_once_and_a_command_is_not()
    {
        CheckRunner runner = Runner(slots: 2);
        runner.Start(Request("a"));
        executor.Started[0].End("lost");
        Assert.Empty(ended);
        Assert.Equal(2, executor.Started.Count);
        End(runner, 1);
        Assert.Equal("exit", ended[0].Outcome.Reason);

        runner.Start(Request("a"));
        executor.Started[2].End("lost");
        runner.Cancel(lastId);
        Assert.True(executor.Started[3].Cancelled);
        End(runner, 3, "lost");
        Assert.Equal("lost", ended[1].Outcome.Reason);

        runner.Start(Request("b") with { Kind = RunKind.Exec });
        End(runner, 4, "lost");
        Assert.Equal((5, "lost"), (executor.Started.Count, ended[2].Outcome.Reason));
    }

    [Fact]
    public async Task A_closed_runner_starts_nothing_and_says_when_it_is_idle()
    {
        CheckRunner runner = Runner(slots: 1);
        runner.Start(Request("a"));
        runner.Start(Request("b"));
        runner.Close();
        Task idle = runner.WhenIdle();
        Assert.False(idle.IsCompleted);
        End(runner, 0);
        await idle.WaitAsync(TestNode.Patience);
        runner.Start(Request("c"));
        Assert.Single(executor.Started);
    }

    [Fact]
    public void What_waits_or_comes_when_the_runner_is_closed_is_given_back()
    {
        CheckRunner runner = Runner(slots: 1);
        var back = new List<string>();
        runner.NotStarted = request => back.Add(request.Machine);
        runner.Start(Request("a"));
        runner.Start(Request("b"));
        runner.Start(Request("a"));
        runner.Close();
        runner.Start(Request("c"));
        Assert.Equal(["a", "b", "c"], back.Order());
        Assert.Single(executor.Started);
    }

    [Fact]
    public void Lateness_and_problems_are_counted()
    {
        CheckRunner runner = Runner(slots: 1);
        RunRequest request = Request("a", due: time.GetTimestamp());
        time.Advance(TimeSpan.FromMilliseconds(30));
        runner.Start(request);
        End(runner, 0, "timeout");
        Assert.Equal(1, counters.Problems["timeout"]);
        Assert.Equal([0, 0, 0, 1, 1, 1, 1, 1, 1], counters.Lateness.Cumulative());
    }

    [Fact]
    public void The_environment_is_the_documented_one_and_nothing_else()
    {
        CheckRunner runner = Runner(slots: 1);
        runner.Start(Request("disk") with { State = "CRITICAL", Attempt = "2/3", Environment = [new("MODE", "fast")] });
        Assert.Equal(
            ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/", "MACHINE_NAME=disk", "MACHINE_WATCHER_NAME=check", "SCOUT_NODE=web1", "SCOUT_STATE=CRITICAL", "SCOUT_ATTEMPT=2/3", "MODE=fast"],
            executor.Started[0].Request.Environment.Select(one => $"{one.Key}={one.Value}"));
    }

    [Fact]
    public void What_a_definition_says_takes_the_place_of_what_is_usual()
    {
        CheckRunner runner = Runner(slots: 1);
        runner.Start(Request("disk") with { Environment = [new("PATH", "/opt/bin"), new("MODE", "fast"), new("HOME", "/srv")] });
        KeyValuePair<string, string>[] environment = [.. executor.Started[0].Request.Environment];
        Assert.Equal(environment.Length, environment.DistinctBy(one => one.Key).Count());
        Assert.Equal(("/opt/bin", "/srv", "fast"), (environment[0].Value, environment.ToDictionary()["HOME"], environment[^1].Value));
    }

    [Fact]
    public async Task An_exec_run_gets_its_two_files_and_they_are_gone_afterwards()
    {
        using var folder = new TempFolder();
        CheckRunner runner = Runner(slots: 1, folder: folder.Path);
        runner.Start(Request("a") with { Kind = RunKind.Exec, Data = """{"x":1}""" });
        await Wait.UntilAsync(() => executor.Started.Count == 1);
        var names = executor.Started[0].Request.Environment.ToDictionary();
        Assert.Equal(("{\"x\":1}", "{\"fact\":2}"), (await File.ReadAllTextAsync(names["WATCHER_DATA"]), await File.ReadAllTextAsync(names["WATCHER_FACTS"])));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(names["WATCHER_DATA"]));
        Assert.True(executor.Started[0].Request.KeepLeftovers);
        executor.Started[0].End();
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task An_exec_run_as_another_user_gets_them_where_only_who_is_told_the_path_can_read_them()
    {
        using var folder = new TempFolder();
        string shared = Path.Combine("/tmp", "scout-test-" + Path.GetFileName(folder.Path));
        Directory.CreateDirectory(shared);
        // Whatever the umask is: others pass it, as they pass the usual place.
        File.SetUnixFileMode(shared, (UnixFileMode)0b111_101_101);
        try
        {
            var others = new OthersFiles(shared, folder.File("note"));
            CheckRunner runner = Runner(slots: 1, folder: folder.Path, others: others);
            runner.Start(Request("a") with { Kind = RunKind.Exec, Data = """{"x":1}""", User = "nobody" });
            await Wait.UntilAsync(() => executor.Started.Count == 1);
            Assert.Equal("nobody", executor.Started[0].Request.User?.Name);
            var names = executor.Started[0].Request.Environment.ToDictionary();
            string data = names["WATCHER_DATA"];
            Assert.Equal(("{\"x\":1}", "{\"fact\":2}"), (await File.ReadAllTextAsync(data), await File.ReadAllTextAsync(names["WATCHER_FACTS"])));
            string run = Path.GetDirectoryName(data)!;
            // Both folders may be passed and not be listed; the files may be read and by nobody be written.
            Assert.Equal((UnixFileMode)0b111_001_001, File.GetUnixFileMode(run));
            Assert.Equal((UnixFileMode)0b111_001_001, File.GetUnixFileMode(Path.GetDirectoryName(run)!));
            Assert.Equal((UnixFileMode)0b100_100_100, File.GetUnixFileMode(data));
            Assert.Equal(22, Path.GetFileName(run).Length);
            if (Environment.IsPrivilegedProcess)
            {
                // By number: a group 'nogroup' is not everywhere.
                using var cat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", $"cat {data}; ls {Path.GetDirectoryName(run)} || echo hidden"]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
                Assert.Equal("{\"x\":1}hidden\n", await cat.StandardOutput.ReadToEndAsync());
            }

            executor.Started[0].End();
            Assert.False(Directory.Exists(run));
            // What a life that was killed left is found by the next.
            others.Make();
            new OthersFiles(shared, folder.File("note")).Clean();
            Assert.Empty(Directory.GetDirectories(shared));
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
        }
    }

    [Fact]
    public void A_note_that_names_a_link_or_a_place_elsewhere_removes_nothing()
    {
        using var folder = new TempFolder();
        string kept = folder.Write("kept/file", "x");
        string link = folder.File("scout-runs-link");
        File.CreateSymbolicLink(link, Path.GetDirectoryName(kept)!);
        foreach (string named in (string[])[link, Path.GetDirectoryName(kept)!, "/"])
        {
            folder.Write("note", named);
            new OthersFiles(folder.Path, folder.File("note")).Clean();
            Assert.True(File.Exists(kept));
        }
    }

    [Fact]
    public void What_went_wrong_in_starting_is_the_text_of_the_result()
    {
        RunOutcome outcome = RunOutcomes.Of(Request("a"), new PluginResult
        {
            Status = CheckStatus.Unknown,
            Reason = "spawn",
            Cause = "not_found",
            Errno = "ENOENT",
            Detail = "check_x was not found in /usr/lib",
            Output = new Scout.Checks.Output.PluginOutput { Text = "(no output)" },
            Stdout = "",
        });
        Assert.Equal(("spawn", "check_x was not found in /usr/lib"), (outcome.Reason, outcome.Output.Text));
    }

    private string[] Owners() => [.. executor.Started.Select(run => run.Request.Owner)];

    private void End(CheckRunner runner, int run, string reason = "exit", int? pid = null)
    {
        executor.Started[run].End(reason, pid);
        runner.Release(ended[^1]);
    }

    private CheckRunner Runner(int slots, string? folder = null, OthersFiles? others = null)
    {
        var options = new RunnerOptions { Node = "web1", Slots = slots, FilesFolder = folder, OthersFiles = others, Users = others is null ? RunUsers.Nobody : RunUsers.Of("", ["nobody"]), Facts = () => """{"fact":2}""" };
        return new CheckRunner(options, executor, new FileRuns(time), new ProbeRuns(new ProbeContext { Time = time, Names = new SystemNameLookup() }), time, counters, ended.Add);
    }

    private RunRequest Request(string machine, long due = 0, bool forced = false, bool suspect = false, string words = "true")
    {
        DefinitionFile file = DefinitionReader.Read(
            "/m/x.yaml", System.Text.Encoding.UTF8.GetBytes($"checks: [ {{ name: {machine}, plugin: /bin/true }} ]"), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        MachineDefinition definition = file.Machines[0];
        return new RunRequest
        {
            Id = ++lastId,
            Machine = machine,
            Watcher = "check",
            Kind = RunKind.Plugin,
            Definition = definition,
            WatcherDefinition = definition.Check!,
            Timeout = TimeSpan.FromSeconds(10),
            State = "OK",
            Words = [words],
            DueTimestamp = due,
            Forced = forced,
            Suspect = suspect,
        };
    }
}
