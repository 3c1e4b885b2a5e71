using Scout.Machines.Definitions;

namespace Scout.Machines.Tests.Definitions;

/// <summary>Machines written for Choria Autonomous Agents, in the shapes that people have in their repositories, run as they are.</summary>
public sealed class ChoriaTests
{
    private const string Kiosk = """
        name: kiosk_maintenance
        version: 0.2.1
        initial_state: unknown
        splay_start: 10
        transitions:
          - name: enter_maintenance
            from: [unknown, run]
            destination: maintenance
            description: Stops watching while people work on the kiosk
          - name: resume
            from: [maintenance]
            destination: unknown
          - name: healthy
            from:
              - unknown
              - broken
            destination: run
          - name: unhealthy
            from: [unknown, run]
            destination: broken
        watchers:
          - name: health
            type: exec
            interval: 1m
            state_match:
              - unknown
              - run
            fail_transition: unhealthy
            success_transition: healthy
            announce_interval: 10m
            properties:
              command: ./health.sh --port 8080
              timeout: 10s
              suppress_success_announce: true
              environment:
                - KIOSK=lobby
          - name: repair
            type: exec
            state_match: [broken]
            interval: 5m
            success_transition: healthy
            properties:
              command: ./repair.sh
              timeout: 2m
          - name: configuration
            type: file
            interval: 30s
            state_match: [run]
            success_transition: unhealthy
            properties:
              path: kiosk.conf
              gather_initial_state: true
          - name: night
            type: schedule
            state_match: [run, maintenance]
            success_transition: enter_maintenance
            fail_transition: resume
            properties:
              duration: 2h
              schedules:
                - "0 1 * * *"
                - "30 13 * * 6,7"
        """;

    private const string Check = """
        name: check_httpd
        version: 1.0.0
        initial_state: UNKNOWN
        transitions:
          - name: UNKNOWN
            from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
            destination: UNKNOWN
          - name: OK
            from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
            destination: OK
          - name: WARNING
            from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
            destination: WARNING
          - name: CRITICAL
            from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
            destination: CRITICAL
          - name: FORCE_CHECK
            from: [UNKNOWN, OK, WARNING, CRITICAL]
            destination: FORCE_CHECK
          - name: MAINTENANCE
            from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
            destination: MAINTENANCE
          - name: RESUME
            from: [MAINTENANCE]
            destination: UNKNOWN
        watchers:
          - name: check
            type: nagios
            interval: 5m
            state_match: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]
            properties:
              plugin: /usr/lib64/nagios/plugins/check_procs -C httpd -c 1:25 -w {{ o "warn" "1:20" }}
              timeout: 10s
              gossfile: ""
              annotations: { dashboard: "https://grafana/httpd" }
          - name: remediate
            type: exec
            state_match: [CRITICAL]
            interval: 15m
            success_transition: UNKNOWN
            properties:
              command: /sbin/service httpd restart
        """;

    [Fact]
    public void A_machine_with_schedules_files_and_commands_runs_unmodified()
    {
        MachineDefinition machine = Reading.One(Kiosk, "machines/kiosk/machine.yaml");

        Assert.Equal((TimeSpan.FromSeconds(10), 4, 4), (machine.SplayStart, machine.Table.States.Length, machine.Watchers.Length));
        Assert.Equal(Path.GetFullPath("machines/kiosk/kiosk.conf"), ((FileWatcher)machine.Watchers[2]).Path);
        Assert.Null(machine.Check);
    }

    [Fact]
    public void A_check_with_a_remediation_runs_unmodified_and_believes_as_before()
    {
        MachineDefinition machine = Reading.One(Check, "machines/httpd/machine.yaml");

        NagiosWatcher check = machine.Check!;
        Assert.Equal((1, 1, TimeSpan.FromMinutes(5)), (check.Attempts, check.RecoverAttempts, check.RetryInterval!.Value));
        Assert.Equal(7, ((PluginSubject)check.Subject).Command.Words.Length);
        Assert.Equal("{{ o \"warn\" \"1:20\" }}", ((PluginSubject)check.Subject).Command.Words[^1].Source);
        // The exec watcher of a Choria machine has no limit that nobody wrote.
        Assert.Equal((0, TimeSpan.Zero), (((ExecWatcher)machine.Watchers[1]).MaxRuns, ((ExecWatcher)machine.Watchers[1]).Cooldown));
        // The table differs from the short form's in nothing.
        Assert.Same(StateTables.Check, machine.Table);
    }

    [Theory]
    [InlineData("splay_start: 10", "splay_start: 0", "")]
    [InlineData("from: [maintenance]", "from: [maintenanse]", "unreachable_transition")]
    [InlineData("initial_state: unknown", "initial_state: unknwon", "unknown_state")]
    [InlineData("name: resume\n    from: [maintenance]", "name: healthy\n    from: [unknown, maintenance]", "duplicate_name unknown_transition")]
    [InlineData("    type: schedule", "    type: schedule\n    interval: 1m", "ignored_key")]
    public void What_harms_nobody_is_a_warning_here_and_an_error_elsewhere(string from, string to, string kinds)
    {
        string yaml = Kiosk.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(Kiosk, yaml);
        DefinitionFile choria = Reading.Read(yaml, "machines/kiosk/machine.yaml");
        DefinitionFile own = Reading.Read(yaml, "machines/kiosk.yaml");

        string[] expected = kinds.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected.Where(kind => kind != "unknown_transition"), choria.Findings.Where(finding => finding.Severity == Severity.Warning).Select(finding => finding.Kind).Distinct());
        Assert.Equal(expected.Contains("unknown_transition"), choria.HasErrors);
        Assert.Equal(expected.Length > 0, own.HasErrors);
        Assert.All(own.Findings, finding => Assert.Equal(Severity.Error, finding.Severity));
    }

    [Fact]
    public void A_trap_is_only_a_warning_too()
    {
        string yaml = Check.Replace("from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK]\n    destination: WARNING", "from: [UNKNOWN, OK, WARNING, CRITICAL]\n    destination: WARNING", StringComparison.Ordinal);
        DefinitionFile file = Reading.Read(yaml, "machines/httpd/machine.yaml");

        Assert.Equal("machines/httpd/machine.yaml:19:18: warning trap: the result WARNING does not lead out of FORCE_CHECK", Assert.Single(file.Findings).Headline);
        Assert.Single(file.Machines);
        Assert.True(Reading.Read(yaml, "machines/httpd.yaml").HasErrors);
    }

    [Fact]
    public void Of_overlapping_transitions_the_later_one_wins()
    {
        string yaml = Kiosk.Replace("  - name: unhealthy", "  - name: healthy\n    from: [broken]\n    destination: maintenance\n  - name: unhealthy", StringComparison.Ordinal);
        DefinitionFile file = Reading.Read(yaml, "machines/kiosk/machine.yaml");

        Assert.Equal(("duplicate_name", Severity.Warning), (file.Findings[0].Kind, file.Findings[0].Severity));
        Assert.Equal("maintenance", file.Machines[0].Table.Find("broken", "healthy")!.Destination);
        Assert.Equal("run", file.Machines[0].Table.Find("unknown", "healthy")!.Destination);
    }

    [Theory]
    [InlineData("    type: exec\n    interval: 1m", "    type: exec\n    state_matchin: [run]\n    interval: 1m", "unknown_key")]
    [InlineData("timeout: 10s", "timeout: 10", "bad_duration")]
    [InlineData("fail_transition: unhealthy", "fail_transition: unhealty", "unknown_transition")]
    public void What_Choria_would_ignore_silently_stays_an_error(string from, string to, string kind)
    {
        DefinitionFile file = Reading.Read(Kiosk.Replace(from, to, StringComparison.Ordinal), "machines/kiosk/machine.yaml");

        Assert.Equal((kind, Severity.Error), (file.Findings[0].Kind, file.Findings[0].Severity));
    }

    [Fact]
    public void Only_the_file_name_makes_the_reading()
    {
        Assert.True(Reading.Read(Kiosk, "machine.yaml").ChoriaReading);
        Assert.False(Reading.Read(Kiosk, "machine.yml").ChoriaReading);
        Assert.False(Reading.Read(Kiosk, "my-machine.yaml").ChoriaReading);
    }
}
