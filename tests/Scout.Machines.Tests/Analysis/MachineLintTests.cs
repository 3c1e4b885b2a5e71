using Scout.Machines.Analysis;
using Scout.Machines.Definitions;
using Scout.Machines.Tests.Definitions;

namespace Scout.Machines.Tests.Analysis;

public sealed class MachineLintTests
{
    [Fact]
    public void The_short_form_gives_nothing_to_complain_about() =>
        Assert.Empty(Lint("checks:\n  - { name: a, plugin: x, remediate: { command: y } }\n"));

    [Fact]
    public void A_sound_machine_gives_nothing_to_complain_about() => Assert.Empty(Lint(Web()));

    [Fact]
    public void A_state_that_nothing_leads_to() =>
        Says(Lint(Web(failedFrom: "UP, GHOST")), "5:32", Severity.Warning, "unreachable_state", "nothing leads to the state 'GHOST'");

    [Fact]
    public void A_state_that_nothing_leads_out_of()
    {
        IReadOnlyList<Finding> findings = Lint(Web(more: "  - { name: dead, from: [DOWN], destination: DEAD }\n", restartFail: "dead"));

        Says(findings, "7:46", Severity.Warning, "dead_end", "nothing leads out of the state 'DEAD'");
        Says(findings, "7:46", Severity.Warning, "no_recovery", "from the state 'DEAD' nothing leads back to 'UP' without a person");
    }

    [Fact]
    public void A_transition_that_only_a_person_can_fire() =>
        Says(Lint(Web(more: "  - { name: stop, from: [UP], destination: DOWN }\n")), "7:13", Severity.Note, "never_fired", "only a person can fire the transition 'stop'");

    [Fact]
    public void A_transition_that_another_machine_fires_is_not_never_fired() =>
        Assert.Empty(Lint(Web(more: "  - { name: stop, from: [UP], destination: DOWN, subscribe: [{ machine_name: other, event: go }] }\n")));

    [Fact]
    public void Transitions_for_people_are_not_never_fired() =>
        Assert.Empty(Lint(Web(more: "  - { name: MAINTENANCE, from: [UP, DOWN], destination: MAINTENANCE }\n  - { name: RESUME, from: [MAINTENANCE], destination: UP }\n")));

    [Fact]
    public void A_watcher_that_fires_what_no_state_allows() =>
        Says(Lint(Web(lookSuccess: "mended")), "11:25", Severity.Warning, "fires_nothing", "the watcher 'look' fires 'mended', which no state allows where it is active");

    [Fact]
    public void A_check_without_one_of_the_results()
    {
        IReadOnlyList<Finding> findings = Lint("""
            name: half
            version: 1.0.0
            initial_state: UNKNOWN
            transitions:
              - { name: UNKNOWN, from: [UNKNOWN, OK, CRITICAL], destination: UNKNOWN }
              - { name: OK, from: [UNKNOWN, OK, CRITICAL], destination: OK }
              - { name: CRITICAL, from: [UNKNOWN, OK, CRITICAL], destination: CRITICAL }
            watchers:
              - { name: check, type: nagios, interval: 1m, properties: { plugin: x } }
            """);

        Says(findings, "9:13", Severity.Warning, "fires_nothing", "fires 'WARNING', which no state allows");
    }

    [Fact]
    public void A_watcher_whose_states_are_never_reached() =>
        Says(Lint(Web(failedFrom: "UP, GHOST", lookIn: "GHOST")), "11:5", Severity.Warning, "never_active", "the watcher 'look' is never active: GHOST is never reached", line: false);

    [Fact]
    public void A_state_that_no_watcher_leads_out_of() =>
        Says(Lint(Web(restartSuccess: null)), "5:45", Severity.Warning, "no_recovery", "from the state 'DOWN' nothing leads back to 'UP' without a person", line: false);

    [Fact]
    public void A_check_that_only_FORCE_CHECK_runs_does_not_recover_by_itself()
    {
        string yaml = "checks:\n  - { name: a, plugin: x }\n";
        MachineDefinition check = Reading.One(yaml);
        string expanded = MachineExplain.Explain(Reading.Read(yaml), check, new ExplainOptions { Syntax = new SimpleSyntax(), Now = DateTimeOffset.UnixEpoch }).Yaml;
        string forced = string.Join('\n', expanded.Split('\n').Where(line => !line.TrimStart().StartsWith("interval:", StringComparison.Ordinal)
            && !line.TrimStart().StartsWith("retry_interval:", StringComparison.Ordinal) && !line.TrimStart().StartsWith("splay:", StringComparison.Ordinal)));

        Assert.Contains(Lint(forced), finding => finding.Kind == "no_recovery" && finding.Message.Contains("'CRITICAL'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_circle_that_every_outcome_follows_is_a_warning() =>
        Says(
            Lint(Web(lookSuccess: "failed", restartFail: "mended", lookInterval: false, restartCooldown: false)), "", Severity.Warning, "livelock",
            "a circle that every outcome follows: DOWN -mended-> UP -failed-> DOWN", line: false);

    [Fact]
    public void A_circle_that_some_outcomes_follow_is_a_note() =>
        Says(Lint(Web(restartCooldown: false)), "", Severity.Note, "livelock", "a circle that some outcomes follow without a pause: DOWN -mended-> UP -failed-> DOWN", line: false);

    [Fact]
    public void A_machine_that_subscribes_to_itself_in_a_circle_is_a_warning() =>
        Says(
            Lint("""
                name: web
                version: 1.0.0
                initial_state: A
                transitions:
                  - { name: there, from: [A], destination: B, subscribe: [{ machine_name: web, event: back }] }
                  - { name: back, from: [B], destination: A, subscribe: [{ machine_name: web, event: there }] }
                watchers:
                  - { name: wait, type: timer, fail_transition: there, properties: { timer: 1m } }
                """),
            "", Severity.Warning, "livelock", "every outcome follows: B -back-> A -there-> B", line: false);

    [Fact]
    public void A_pause_or_a_timer_in_the_circle_is_none() =>
        Assert.DoesNotContain(Lint(Web(lookSuccess: "failed", restartCooldown: true)), finding => finding.Kind == "livelock");

    [Fact]
    public void Words_that_only_a_shell_would_understand() =>
        Says(Lint("checks:\n  - name: a\n    plugin: check_log | grep x > /tmp/y\n"), "3:13", Severity.Warning, "shell_syntax", "'|', '>' reaches the program as a word");

    [Fact]
    public void A_list_is_word_for_word_what_was_meant() => Assert.Empty(Lint("checks:\n  - name: a\n    plugin: [/bin/sh, -c, \"a | b\"]\n"));

    [Fact]
    public void A_timeout_that_is_longer_than_the_interval()
    {
        Says(Lint(Reading.Check("interval: 10s\ntimeout: 30s")), "5:14", Severity.Warning, "slow_timeout", "the timeout 30s is longer than the interval 10s");
        Assert.Empty(Lint(Reading.Check("interval: 5s")));
        Assert.Empty(Lint(Web().Replace("command: ./look.sh", "command: ./look.sh, timeout: 2m", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("1.0.0", true)]
    [InlineData("1.2.3-rc.1+build.5", true)]
    [InlineData("1.0", false)]
    [InlineData("01.0.0", false)]
    [InlineData("1.0.0-01", false)]
    [InlineData("v1.0.0", false)]
    public void A_version_that_is_not_semantic_is_a_note(string version, bool semantic)
    {
        IReadOnlyList<Finding> findings = Lint(Web().Replace("version: 1.0.0", "version: " + version, StringComparison.Ordinal));

        if (semantic) Assert.Empty(findings);
        else Says(findings, "2:10", Severity.Note, "no_semver", "is not semantic");
    }

    [Fact]
    public void Over_a_folder_a_name_that_no_file_defines_is_a_warning()
    {
        DefinitionFile[] files =
        [
            Reading.Read("checks:\n  - { name: gateway, plugin: x }\n", "a.yaml"),
            Reading.Read("checks:\n  - { name: b, plugin: x, depends_on: [gateway, gatewey] }\n", "b.yaml"),
            Reading.Read(Web(more: "  - { name: stop, from: [UP], destination: DOWN, subscribe: [{ machine_name: nowhere, event: go }] }\n"), "c.yaml"),
        ];

        IReadOnlyList<Finding> findings = MachineLint.Run(files, new SimpleSyntax(), overFolder: true);
        Assert.Equal(["b.yaml:2:49: warning unknown_machine: no file here defines the machine 'gatewey'", "c.yaml:7:78: warning unknown_machine: no file here defines the machine 'nowhere'"], findings.Select(finding => finding.Headline));
        Assert.Equal("did you mean 'gateway'?", findings[0].Hint);
        Assert.Empty(MachineLint.Run(files, new SimpleSyntax(), overFolder: false));
    }

    [Fact]
    public void A_file_with_errors_may_define_what_seems_missing()
    {
        DefinitionFile[] files = [Reading.Read("checks:\n  - { name: b, plugin: x, depends_on: [gateway] }\n", "a.yaml"), Reading.Read("checks:\n  - { name: gateway }\n", "b.yaml")];

        Assert.Equal(["missing_key"], MachineLint.Run(files, new SimpleSyntax(), overFolder: true).Select(finding => finding.Kind));
    }

    [Fact]
    public void Lint_of_files_tells_of_duplicates_and_errors_too()
    {
        DefinitionFile[] files = [Reading.Read("checks:\n  - { name: a, plugin: x }\n", "a.yaml"), Reading.Read("checks:\n  - { name: a, plugin: x }\n", "b.yaml"), Reading.Read("checks: 1", "c.yaml")];

        Assert.Equal(["duplicate_machine", "wrong_type"], MachineLint.Run(files, new SimpleSyntax(), overFolder: true).Select(finding => finding.Kind));
    }

    [Fact]
    public void Programs_are_looked_for_where_somebody_can_and_told_where_they_stand()
    {
        DefinitionFile file = Reading.Read("""
            checks:
              - { name: a, plugin: there -w 1 }
              - { name: b, plugin: [gone, -w], remediate: { command: missing -v } }
              - { name: c, plugin: '{{ o "program" }}' }
              - { name: d, builtin: heartbeat }

            """, "a.yaml");
        (string, string)? Look(DefinitionFile asked, string program) => program == "there" ? null : ($"no '{program}' for {asked.Path}", "install it");

        Assert.Equal(
            ["a.yaml:3:25: warning bad_command: no 'gone' for a.yaml", "a.yaml:3:58: warning bad_command: no 'missing' for a.yaml"],
            MachineLint.Run([file], new SimpleSyntax(), overFolder: false, Look).Select(finding => finding.Headline));
        Assert.Empty(MachineLint.Run([file], new SimpleSyntax(), overFolder: false));
    }

    [Fact]
    public void Random_machines_are_searched_without_an_accident_and_recovery_is_what_walking_finds()
    {
        var random = new Random(17);
        int withFindings = 0;
        for (int i = 0; i < 400; i++)
        {
            string yaml = RandomMachine(random);
            DefinitionFile file = Reading.Read(yaml, "machine.yaml");
            if (file.HasErrors) continue;
            MachineDefinition machine = file.Machines[0];
            IReadOnlyList<Finding> findings = MachineLint.Check(file, new SimpleSyntax());
            foreach (string state in machine.Table.States)
            {
                bool said = findings.Any(finding => finding.Kind == "no_recovery" && finding.Message.Contains($"'{state}' nothing", StringComparison.Ordinal));
                bool reachable = Walk(machine, machine.InitialState, automatic: false).Contains(state);
                Assert.Equal(reachable && !Walk(machine, state, automatic: true).Contains(machine.InitialState), said);
            }

            if (findings.Count > 0) withFindings++;
        }

        Assert.InRange(withFindings, 50, 400);
    }

    // By hand, the plain way: one step at a time from a state.
    private static HashSet<string> Walk(MachineDefinition machine, string from, bool automatic)
    {
        var seen = new HashSet<string> { from };
        bool grew = true;
        while (grew)
        {
            grew = false;
            foreach (string state in seen.ToList())
            {
                foreach (Transition transition in machine.Table.Allowed(state))
                {
                    bool fires = !automatic || machine.Watchers.Any(watcher => (watcher.StateMatch.Length == 0 || watcher.StateMatch.Contains(state))
                        && (watcher.SuccessTransition == transition.Name || watcher.FailTransition == transition.Name));
                    if (fires) grew |= seen.Add(transition.Destination);
                }
            }
        }

        return seen;
    }

    private static string RandomMachine(Random random)
    {
        string State() => "S" + random.Next(6);
        string Transitions(int i) => $"  - {{ name: t{i}, from: [{State()}], destination: {State()} }}\n";
        string Watcher(int i) => $"  - {{ name: w{i}, type: {(random.Next(2) == 0 ? "exec" : "file")}, state_match: [{State()}], {(random.Next(2) == 0 ? "success" : "fail")}_transition: t{random.Next(8)}, properties: {{ {{0}} }} }}\n";
        string text = "name: r\nversion: 1.0.0\ninitial_state: S0\ntransitions:\n" + string.Concat(Enumerable.Range(0, 8).Select(Transitions)) + "watchers:\n";
        for (int i = 0; i < 5; i++)
        {
            string watcher = Watcher(i);
            text += watcher.Replace("{0}", watcher.Contains("exec", StringComparison.Ordinal) ? "command: x" : "path: x", StringComparison.Ordinal);
        }

        return text;
    }

    private static IReadOnlyList<Finding> Lint(string yaml)
    {
        DefinitionFile file = Reading.Read(yaml);
        Assert.Empty(file.Findings.Select(finding => finding.ToString()));
        return MachineLint.Check(file, new SimpleSyntax());
    }

    private static void Says(IReadOnlyList<Finding> findings, string at, Severity severity, string kind, string message, bool line = true)
    {
        Finding? finding = findings.FirstOrDefault(finding => finding.Kind == kind && finding.Message.Contains(message, StringComparison.Ordinal));
        Assert.True(finding is not null, $"no {kind} '{message}' in:\n{string.Join('\n', findings)}");
        Assert.Equal(severity, finding.Severity);
        Assert.NotEmpty(finding.Hint);
        if (line) Assert.Equal(at, $"{finding.Line}:{finding.Column}");
    }

    /// <summary>A service that is looked at in UP and restarted in DOWN, sound unless told otherwise.</summary>
    private static string Web(
        string failedFrom = "UP", string more = "", string? lookSuccess = null, string lookIn = "UP", string? restartSuccess = "mended", string? restartFail = null,
        bool restartCooldown = true, bool lookInterval = true) => $"""
        name: web
        version: 1.0.0
        initial_state: UP
        transitions:
          - {"{"} name: failed, from: [{failedFrom}], destination: DOWN {"}"}
          - {"{"} name: mended, from: [DOWN], destination: UP {"}"}
        {more}watchers:
          - name: look
            type: exec
        {(lookInterval ? "    interval: 30s" : "    # no interval")}
        {(lookSuccess is null ? "    # nothing on success" : $"    success_transition: {lookSuccess}")}
            fail_transition: failed
            state_match: [{lookIn}]
            properties: {"{"} command: ./look.sh {"}"}
          - name: restart
            type: exec
            state_match: [DOWN]
        {(restartSuccess is null ? "" : $"    success_transition: {restartSuccess}")}
        {(restartFail is null ? "" : $"    fail_transition: {restartFail}")}
            properties: {"{"} command: ./restart.sh{(restartCooldown ? ", cooldown: 1m" : "")} {"}"}
        """.Replace("\r", "", StringComparison.Ordinal);
}
