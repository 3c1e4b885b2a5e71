using System.Text;
using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

public sealed class DefinitionReaderTests
{
    [Fact]
    public void A_check_gets_every_default_of_the_specification()
    {
        MachineDefinition machine = Reading.One("checks:\n  - name: disk_root\n    plugin: check_disk -w 20% -c 10% -p /\n");

        Assert.Equal(("disk_root", "1.0.0", "UNKNOWN", true), (machine.Name, machine.Version, machine.InitialState, machine.IsShortForm));
        NagiosWatcher check = Assert.IsType<NagiosWatcher>(Assert.Single(machine.Watchers));
        Assert.Same(check, machine.Check);
        Assert.Equal("check", check.Name);
        Assert.Equal(TimeSpan.FromMinutes(1), check.Interval);
        Assert.Equal(TimeSpan.FromSeconds(10), check.Timeout);
        Assert.Equal((1, 1), (check.Attempts, check.RecoverAttempts));
        Assert.Equal(TimeSpan.FromSeconds(15), check.RetryInterval);
        Assert.Equal(new FlappingLimits(25, 30), check.Flapping);
        Assert.Equal(TimeSpan.FromSeconds(10), check.Splay);
        Assert.Null(check.Events);
        Assert.Equal(["UNKNOWN", "OK", "WARNING", "CRITICAL"], check.StateMatch);
        CommandTemplate command = Assert.IsType<PluginSubject>(check.Subject).Command;
        Assert.Equal(["check_disk", "-w", "20%", "-c", "10%", "-p", "/"], command.Words.Select(word => word.Source));
        Assert.True(command.IsLiteral);
        Assert.Equal("check_disk -w 20% -c 10% -p /", command.Source);
        Assert.Equal(12, machine.Digest.Length);
        Assert.Equal(Path.GetFullPath("machines"), machine.Folder);
        Assert.Equal(Path.GetFullPath("machines/disk.yaml"), machine.File);
    }

    [Fact]
    public void A_short_interval_shortens_retry_and_splay()
    {
        NagiosWatcher check = Reading.One(Reading.Check("interval: 5s")).Check!;

        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5)), (check.RetryInterval!.Value, check.Splay));
    }

    [Fact]
    public void Everything_that_is_given_is_taken()
    {
        MachineDefinition machine = Reading.One("""
            checks:
              - name: disk
                plugin: [check_disk, -w, "{{ o `warn` `20%` }}"]
                interval: 5m
                timeout: 30s
                attempts: 3
                recover_attempts: 2
                retry_interval: 20s
                flapping: off
                splay: 0
                events: problems
                labels: { team: storage, a: '' }
                annotations: { runbook: "https://wiki/disk" }
                depends_on: [gateway]
                maintenance_windows:
                  - { days: [mon-fri, sun], start: "02:30", duration: 2h, timezone: Europe/Paris, reason: backups }
                remediate: { command: /usr/local/sbin/clean-tmp, when: [CRITICAL, WARNING], interval: 10m, timeout: 2m, max_runs: 5, per: 12h }
            """);

        NagiosWatcher check = machine.Check!;
        Assert.Equal(TimeSpan.FromSeconds(20), check.RetryInterval);
        Assert.Null(check.Flapping);
        Assert.Equal(TimeSpan.Zero, check.Splay);
        Assert.Equal(EventDetail.Problems, check.Events);
        Assert.Equal([new("a", ""), new("team", "storage")], machine.Labels);
        Assert.Equal([new("runbook", "https://wiki/disk")], check.Annotations);
        Assert.Equal(["gateway"], machine.DependsOn);
        MaintenanceWindow window = Assert.Single(machine.MaintenanceWindows);
        Assert.Equal((0b0111111, new TimeOnly(2, 30), TimeSpan.FromHours(2), "Europe/Paris", "backups"), (window.Days, window.Start, window.Duration, window.TimeZone.Id, window.Reason));
        ExecWatcher remediate = Assert.IsType<ExecWatcher>(machine.Watchers[1]);
        Assert.Equal(("remediate", "UNKNOWN", null), (remediate.Name, remediate.SuccessTransition, remediate.FailTransition));
        Assert.Equal(["CRITICAL", "WARNING"], remediate.StateMatch);
        Assert.Equal((TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(2), 5, TimeSpan.FromHours(12)), (remediate.Interval!.Value, remediate.Cooldown, remediate.Timeout, remediate.MaxRuns, remediate.Per));
        Assert.False(((PluginSubject)check.Subject).Command.IsLiteral);
    }

    [Fact]
    public void The_table_of_a_check_is_that_of_the_specification()
    {
        StateTable table = Reading.One(Reading.Check("")).Table;

        Assert.Equal(["UNKNOWN", "OK", "WARNING", "CRITICAL", "FORCE_CHECK", "MAINTENANCE"], table.States);
        string[] states = [.. table.States];
        foreach (string result in (string[])["UNKNOWN", "OK", "WARNING", "CRITICAL"])
        {
            foreach (string state in states) Assert.Equal(state == "MAINTENANCE" ? null : result, table.Find(state, result)?.Destination);
        }

        Assert.Equal(["FORCE_CHECK", "FORCE_CHECK", "FORCE_CHECK", "FORCE_CHECK", null, null], states.Select(state => table.Find(state, "FORCE_CHECK")?.Destination));
        Assert.Equal(["MAINTENANCE", "MAINTENANCE", "MAINTENANCE", "MAINTENANCE", "MAINTENANCE", null], states.Select(state => table.Find(state, "MAINTENANCE")?.Destination));
        Assert.Equal([null, null, null, null, null, "UNKNOWN"], states.Select(state => table.Find(state, "RESUME")?.Destination));
    }

    [Fact]
    public void Equal_tables_are_one_instance()
    {
        MachineDefinition first = Reading.One(Reading.Check(""));
        MachineDefinition second = Reading.One(Reading.Check("interval: 5m"), "machines/other.yaml");
        MachineDefinition web = Reading.One(Reading.Machine());
        MachineDefinition copy = Reading.One(Reading.Machine("labels: { a: b }").Replace("name: web", "name: copy", StringComparison.Ordinal));

        Assert.Same(first.Table, second.Table);
        Assert.Same(web.Table, copy.Table);
        Assert.NotSame(first.Table, web.Table);
    }

    [Theory]
    [InlineData("plugin: check_disk -w 20%", "plugin: [check_disk, -w, 20%]", true)]
    [InlineData("plugin: check_disk -w 20%", "plugin: check_disk -w 20%\n    timeout: 10s\n    attempts: 1\n    interval: 60s", true)]
    [InlineData("plugin: check_disk -w 20%", "plugin: check_disk -w 21%", false)]
    [InlineData("plugin: check_disk -w 20%", "plugin: check_disk -w 20%\n    labels: { a: b }", false)]
    [InlineData("plugin: check_disk -w 20%", "plugin: check_disk -w 20%\n    flapping: off", false)]
    [InlineData("plugin: check_disk -w 20%", "plugin: check_disk -w 20%\n    events: changes", false)]
    public void The_digest_says_whether_two_files_mean_the_same(string left, string right, bool same)
    {
        string yaml = Reading.Check("");
        string other = yaml.Replace(left, right, StringComparison.Ordinal);

        Assert.Equal(same, Reading.One(yaml).Digest == Reading.One(other, "elsewhere/x.yml").Digest);
    }

    [Fact]
    public void The_digest_of_a_watcher_does_not_hang_on_its_neighbours()
    {
        MachineDefinition plain = Reading.One(Reading.Machine());
        MachineDefinition labelled = Reading.One(Reading.Machine("labels: { a: b }"));

        Assert.NotEqual(plain.Digest, labelled.Digest);
        Assert.Equal(plain.Watchers[0].Digest, labelled.Watchers[0].Digest);
    }

    [Fact]
    public void Digests_stay_the_same_from_version_to_version()
    {
        // A change here touches every machine at the next upgrade: think twice.
        Assert.Equal("fc6018c071f9", Reading.One(Reading.Check("")).Digest);
    }

    [Fact]
    public void A_scalar_is_its_text()
    {
        MachineDefinition machine = Reading.One(Reading.Machine()
            .Replace("version: 1.0.0", "version: 1.10", StringComparison.Ordinal)
            .Replace("name: look", "name: on", StringComparison.Ordinal)
            .Replace("command: ./look.sh", "command: ./look.sh\n      parse_as_data: 'True'", StringComparison.Ordinal));

        Assert.Equal("1.10", machine.Version);
        Assert.Equal("on", machine.Watchers[0].Name);
        Assert.True(((ExecWatcher)machine.Watchers[0]).ParseAsData);
    }

    [Fact]
    public void Anchors_aliases_and_merges_work_and_what_is_said_here_goes_first()
    {
        IReadOnlyList<MachineDefinition> machines = Reading.Good("""
            checks:
              - &base
                name: one
                plugin: check_load
                interval: 2m
                labels: &team { team: web }
              - name: two
                <<: *base
                interval: 3m
                labels: *team
              - <<: [{ timeout: 3s }, *base]
                name: three
            """);

        Assert.Equal(["one", "two", "three"], machines.Select(machine => machine.Name));
        Assert.Equal([120, 180, 120], machines.Select(machine => machine.Check!.Interval!.Value.TotalSeconds));
        Assert.Equal(3, machines[2].Check!.Timeout.TotalSeconds);
        Assert.Equal("web", machines[1].Labels[0].Value);
    }

    [Fact]
    public void A_byte_order_mark_and_windows_line_ends_do_no_harm()
    {
        byte[] bytes = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Reading.Check("").Replace("\n", "\r\n", StringComparison.Ordinal))];

        Assert.Empty(DefinitionReader.Read("a.yaml", bytes, Reading.Options).Findings);
    }

    [Fact]
    public void An_empty_text_in_an_optional_field_means_absent()
    {
        NagiosWatcher check = Reading.One(Reading.Check("gossfile: ''\nbuiltin: ''\ntimeout: \"\"")).Check!;

        Assert.Equal(TimeSpan.FromSeconds(10), check.Timeout);
    }

    [Fact]
    public void All_watchers_of_the_long_form_are_read()
    {
        MachineDefinition machine = Reading.One("""
            name: all
            version: 2.0.0
            initial_state: A
            splay_start: 30
            on_restart: initial
            transitions:
              - { name: go, from: [A], destination: B, description: off we go, subscribe: [{ machine_name: other, event: CRITICAL }] }
              - { name: back, from: [B], destination: A }
            watchers:
              - name: run
                type: exec
                interval: 30s
                announce_interval: 1h
                state_match: [A]
                foreign_state_required: [{ machine_name: other, state: OK }]
                success_transition: go
                fail_transition: back
                properties:
                  command: ./run "{{ lookup `facts.os` `x` }}"
                  timeout: 1m
                  environment: [A=1, "B={{ o `b` `` }}"]
                  parse_as_data: true
                  suppress_success_announce: true
                  gather_initial_state: true
                  cooldown: 5s
                  max_runs: 4
                  per: 1h
                  disown: false
              - { name: look, type: file, properties: { path: marker, gather_initial_state: true } }
              - { name: keep, type: file, interval: 1m, properties: { path: /etc/motd, contents: "hello\n", owner: root, group: "{{ o `g` }}", mode: "0644" } }
              - { name: night, type: schedule, properties: { schedules: ["0 2 * * *", "@weekly"], duration: 2h, start_splay: 1h, skip_trigger_on_reenter: true, timezone: Europe/Paris } }
              - { name: wait, type: timer, fail_transition: back, properties: { timer: 1h, splay: true } }
              - { name: count, type: metric, properties: { command: ./count, interval: 10s, labels: { a: b }, store: true, skip_prometheus: true } }
              - { name: check, type: nagios, interval: 5m, properties: { builtin: heartbeat } }
            """);

        Assert.Equal((TimeSpan.FromSeconds(30), true, false), (machine.SplayStart, machine.RestartsInitial, machine.IsShortForm));
        Assert.Equal([new Subscription("other", "CRITICAL")], machine.Table.Find("A", "go")!.Subscribe);
        Assert.Equal("off we go", machine.Table.Find("A", "go")!.Description);
        ExecWatcher run = Assert.IsType<ExecWatcher>(machine.Watchers[0]);
        Assert.Equal([new ForeignState("other", "OK")], run.ForeignStates);
        Assert.Equal(("go", "back", TimeSpan.FromHours(1)), (run.SuccessTransition, run.FailTransition, run.AnnounceInterval!.Value));
        Assert.Equal(["A=1", "B={{ o `b` `` }}"], run.Environment.Select(variable => $"{variable.Key}={variable.Value.Source}"));
        Assert.Equal((true, true, true, 4), (run.ParseAsData, run.SuppressSuccessAnnounce, run.GatherInitialState, run.MaxRuns));
        Assert.Equal(2, run.Command.Words.Length);
        FileWatcher look = Assert.IsType<FileWatcher>(machine.Watchers[1]);
        Assert.Equal((Path.GetFullPath("machines/marker"), TimeSpan.FromSeconds(5)), (look.Path, look.Interval!.Value));
        FileWatcher keep = Assert.IsType<FileWatcher>(machine.Watchers[2]);
        Assert.Equal(("hello\n", "0644", false), (keep.Managed!.Contents.Source, keep.Managed.Mode.Source, keep.Managed.Group.IsLiteral));
        ScheduleWatcher night = Assert.IsType<ScheduleWatcher>(machine.Watchers[3]);
        Assert.Equal((2, "Europe/Paris", TimeSpan.FromHours(1)), (night.Schedules.Length, night.TimeZone!.Id, night.StartSplay));
        TimerWatcher wait = Assert.IsType<TimerWatcher>(machine.Watchers[4]);
        Assert.Equal((TimeSpan.FromHours(1), true), (wait.Timer, wait.Splay));
        MetricWatcher count = Assert.IsType<MetricWatcher>(machine.Watchers[5]);
        Assert.Equal((TimeSpan.FromSeconds(10), true, true, "b"), (count.Interval!.Value, count.Store, count.SkipPrometheus, count.Labels[0].Value));
        NagiosWatcher check = Assert.IsType<NagiosWatcher>(machine.Watchers[6]);
        Assert.Equal("heartbeat", Assert.IsType<BuiltinSubject>(check.Subject).Kind);
        // A Choria machine keeps its pace while in doubt.
        Assert.Equal(TimeSpan.FromMinutes(5), check.RetryInterval);
        Assert.Equal(machine.Watchers.Length, machine.Watchers.Select(watcher => watcher.Digest).Distinct().Count());
    }
}
