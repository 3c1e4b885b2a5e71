using System.Text;
using Scout.Machines.Definitions;
using Scout.Machines.Simulated;
using Scout.Machines.Tests.Definitions;
using Scout.Testing;

namespace Scout.Machines.Tests.Simulated;

/// <summary>Scenario files: the examples of machines.md 11.1 word for word, what shipped definitions promise, and what is said when something is not so.</summary>
public sealed class ScenarioTests
{
    private const string DiskYaml = """
        checks:
          - name: disk_root
            plugin: check_disk -w 20% -c 10% -p /
            interval: 1m
            attempts: 3
            retry_interval: 15s
            remediate: { command: clean-tmp }
        """;

    private const string DiskTest = """
        # disk.test.yaml; the check: interval 1m, attempts 3, retry_interval 15s, remediate { command: clean-tmp }
        machine: disk.yaml
        check: disk_root
        scenarios:
          - name: three bad looks, one cleaning, all well
            given: { check: OK, remediate: success }
            steps:
              - then: { state: OK, hard: true }
              - when: { check: CRITICAL DISK 97% used, advance: 1m }
                then: { state: OK, soft: CRITICAL 1/3, events: [ { check: CRITICAL } ], no_events: [ { transition: CRITICAL } ] }
              - when: { advance: 30s }                 # 2/3; 3/3: believed, cleaned, and what is true now is not known yet
                then: { state: UNKNOWN, runs: { check: 2, remediate: 1 }, events: [ { transition: CRITICAL, from: OK },
                        { watcher: remediate, outcome: success }, { transition: UNKNOWN, from: CRITICAL } ] }
              - when: { check: OK, advance: 15s }
                then: { state: OK, hard: true }
          - name: maintenance ends by itself, and survives a restart
            given: { check: OK }
            steps:
              - when: { fire: MAINTENANCE, for: 2h, reason: swap disks, caller: anna }
                then: { state: MAINTENANCE, maintenance: { reason: swap disks, left: 2h, caller: anna } }
              - when: { check: CRITICAL, restart: 59m, advance: 1h }
                then: { state: MAINTENANCE, maintenance: { left: 1m }, runs: { check: 0 } }
              - when: { advance: 1m }
                then: { state: UNKNOWN, soft: CRITICAL 1/3, maintenance: none, events: [ { transition: RESUME, to: UNKNOWN } ] }
        """;

    private const string WebYaml = """
        # web/machine.yaml
        name: web
        version: 1.0.0
        initial_state: RUNNING
        transitions:
          - { name: failed, from: [RUNNING], destination: RESTARTING }
          - { name: restarted, from: [RESTARTING], destination: RUNNING }
          - { name: stuck, from: [RESTARTING], destination: BROKEN }
          - { name: repaired, from: [BROKEN], destination: RUNNING }
        watchers:
          - name: alive
            type: exec
            interval: 30s
            state_match: [RUNNING]
            fail_transition: failed
            properties: { command: ./alive.sh }
          - name: restart
            type: exec
            interval: 20s
            state_match: [RESTARTING]
            success_transition: restarted
            properties: { command: ./restart.sh, timeout: 1m }
          - { name: patience, type: timer, state_match: [RESTARTING], fail_transition: stuck, properties: { timer: 50s } }
        """;

    private const string WebTest = """
        # web/machine.test.yaml
        machine: machine.yaml
        scenarios:
          - name: a restart that helps
            given: { alive: [success, failure, success], restart: success }
            steps:
              - then: { state: RUNNING, runs: { alive: 1 } }
              - when: { advance: 30s }
                then: { state: RUNNING, runs: { alive: 2, restart: 1 },
                        events: [ { transition: failed }, { transition: restarted } ] }
          - name: a restart that does not
            given: { alive: success, restart: failure }
            steps:
              - when: { alive: failure, advance: 30s }
                then: { state: RESTARTING, runs: { alive: 1, restart: 1 } }
              - when: { advance: 50s }
                then: { state: BROKEN, runs: { alive: 0, restart: 2 },
                        events: [ { watcher: patience }, { transition: stuck } ] }
              - when: { fire: restarted }
                then: { state: BROKEN, refused: true }
              - when: { alive: success, fire: repaired }
                then: { state: RUNNING, runs: { alive: 1 } }
        """;

    [Fact]
    public void The_disk_example_of_the_specification_passes_word_for_word() => Pass(Run(DiskTest, DiskYaml));

    [Fact]
    public void The_web_example_of_the_specification_passes_word_for_word()
    {
        ScenarioReport report = Run(WebTest, WebYaml, "machine.yaml");
        Pass(report);
        Assert.Empty(report.StatesNeverExercised);
        Assert.Empty(report.TransitionsNeverExercised);
    }

    [Fact]
    public void What_was_never_exercised_is_said()
    {
        ScenarioReport report = Run(DiskTest, DiskYaml);
        Assert.Equal(["WARNING", "FORCE_CHECK"], report.StatesNeverExercised);
        Assert.Equal(["WARNING", "FORCE_CHECK"], report.TransitionsNeverExercised);
        string tap = TapText.Render([report]);
        Assert.StartsWith("TAP version 13\n1..2\nok 1 - machines/disk.test.yaml: three bad looks, one cleaning, all well\nok 2 - ", tap, StringComparison.Ordinal);
        Assert.EndsWith("# machines/disk.test.yaml: disk_root: transitions never exercised: WARNING, FORCE_CHECK\n", tap, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_shows_step_place_wanted_got_and_the_tape()
    {
        ScenarioReport report = Run("""
            machine: disk.yaml
            scenarios:
              - name: hopes too much
                given: { check: OK }
                steps:
                  - when: { check: CRITICAL disk full, advance: 1m }
                    then: { state: CRITICAL, runs: { check: 2 } }
              - name: is well
                given: { check: OK }
                steps: [ { then: { state: OK } } ]
            """, DiskYaml);
        Assert.False(report.Passed);
        Assert.Equal(
            """
            TAP version 13
            1..2
            not ok 1 - machines/disk.test.yaml: hopes too much
            # machines/disk.test.yaml:7:24: step 1
            #   wanted: CRITICAL
            #   got:    OK
            # machines/disk.test.yaml:7:49: step 1
            #   wanted: 2 runs of check
            #   got:    1 runs of check
            #   tape:
            #     +0         state UNKNOWN (new)
            #     +0         run check: OK
            #     +0         check OK: (no output)
            #     +0         UNKNOWN -> OK by OK (check)
            #     +0         state OK
            #     +1m        run check: CRITICAL disk full
            #     +1m        check CRITICAL, soft 1/3: (no output)
            #     +1m        state OK, soft CRITICAL 1/3
            ok 2 - machines/disk.test.yaml: is well
            # machines/disk.test.yaml: disk_root: states never exercised: WARNING, CRITICAL, FORCE_CHECK, MAINTENANCE
            # machines/disk.test.yaml: disk_root: transitions never exercised: UNKNOWN, WARNING, CRITICAL, FORCE_CHECK, MAINTENANCE, RESUME

            """.ReplaceLineEndings("\n"), TapText.Render([report]));
        string junit = JunitText.Render([report]);
        Assert.Contains("<testsuites tests=\"2\" failures=\"1\" errors=\"0\">", junit, StringComparison.Ordinal);
        Assert.Contains("<failure message=\"machines/disk.test.yaml:7:24: step 1: wanted CRITICAL, got OK\">", junit, StringComparison.Ordinal);
        Assert.Equal(2, System.Xml.Linq.XDocument.Parse(junit).Descendants("testcase").Count());
    }

    [Theory]
    [InlineData("when: { advence: 1m }", "4:24", "unknown_key", "'advence' is neither a word here nor a watcher of 'disk_root'")]
    [InlineData("when: { check: FINE, advance: 1m }", "4:31", "bad_value", "'FINE' is no answer of a check")]
    [InlineData("when: { remediate: yes }", "4:35", "bad_value", "'yes' is no answer of a command")]
    [InlineData("when: { advance: 5 }", "4:33", "bad_duration", "'advance'")]
    [InlineData("when: { caller: anna }", "4:24", "conflict", "'caller' without 'fire'")]
    [InlineData("given: { check: OK }", "4:16", "unknown_key", "'given' is not a key of a step")]
    [InlineData("then: { stat: OK }", "4:24", "unknown_key", "'stat' is not a key of then")]
    [InlineData("then: { soft: CRITICAL }", "4:30", "bad_value", "'soft' is 'CRITICAL'")]
    [InlineData("then: { events: [ { tranistion: OK } ] }", "4:34", "missing_key", "an event is one of")]
    [InlineData("then: { events: [ { check: BAD } ] }", "4:43", "bad_value", "'BAD' is no status")]
    public void What_does_not_fit_is_found_with_its_place(string step, string place, string kind, string message)
    {
        string then = step.StartsWith("then", StringComparison.Ordinal) ? "" : ", then: { state: OK }";
        ScenarioReport report = Run($"machine: disk.yaml\nscenarios:\n  - name: x\n    steps: [ {{ {step}{then} }} ]\n", DiskYaml);
        Finding finding = Assert.Single(report.Findings);
        Assert.Equal(kind, finding.Kind);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
        Assert.Equal(place, $"{finding.Line}:{finding.Column}");
        Assert.Contains($"# {finding.Headline}", TapText.Render([report]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_an_answer_fails_the_scenario()
    {
        ScenarioReport report = Run("machine: disk.yaml\nscenarios: [ { name: x, steps: [ { then: { state: OK } } ] } ]\n", DiskYaml);
        ScenarioFailure failure = Assert.Single(Assert.Single(report.Results).Failures);
        Assert.Equal("an answer for the run of 'check'", failure.Wanted);
        Assert.Equal(0, failure.Step);
    }

    [Fact]
    public void The_check_must_be_named_when_the_file_has_several()
    {
        ScenarioReport report = Run("machine: disk.yaml\nscenarios: [ { name: x, steps: [ { then: { state: OK } } ] } ]\n", DiskYaml + "\n  - { name: other, plugin: x }\n");
        Assert.Contains("add 'check:'", Assert.Single(report.Findings).Hint, StringComparison.Ordinal);
        report = Run("machine: disk.yaml\ncheck: disk_rot\nscenarios: [ { name: x, steps: [ { then: { state: OK } } ] } ]\n", DiskYaml);
        Assert.Equal("did you mean 'disk_root'?", Assert.Single(report.Findings).Hint);
    }

    [Fact]
    public void A_broken_definition_is_told_instead_of_run()
    {
        ScenarioReport report = Run(DiskTest, "checks:\n  - { name: disk_root, plugin: x, atempts: 3 }\n");
        Assert.Equal("unknown_key", Assert.Single(report.Findings).Kind);
        Assert.StartsWith("TAP version 13\n1..1\nnot ok 1", TapText.Render([report]), StringComparison.Ordinal);
    }

    [Fact]
    public void Parents_are_stood_in_for_and_suppress_what_is_behind_them() => Pass(Run("""
        machine: disk.yaml
        scenarios:
          - name: behind a dead gateway
            given: { check: OK, others: { gateway: OK } }
            steps:
              - when: { others: { gateway: CRITICAL }, check: CRITICAL, advance: 1m }
                then: { state: UNKNOWN, suppressed_by: gateway, events: [ { check: UNKNOWN } ] }
              - when: { others: { gateway: OK } }
                then: { state: CRITICAL, suppressed_by: none }
        """, "checks: [ { name: far, plugin: x, depends_on: [gateway] } ]"));

    [Fact]
    public void Events_of_others_fire_what_is_subscribed() => Pass(Run("""
        machine: disk.yaml
        scenarios:
          - name: follows
            steps:
              - when: { others_fire: { web: failed } }
                then: { state: DOWN, events: [ { transition: stop, from: UP } ] }
        """, """
        name: follower
        version: 1.0.0
        initial_state: UP
        transitions:
          - { name: stop, from: [UP], destination: DOWN, subscribe: [ { machine_name: web, event: failed } ] }
          - { name: go, from: [DOWN], destination: UP }
        watchers: [ { name: wait, type: timer, state_match: [DOWN], fail_transition: go, properties: { timer: 1h } } ]
        """));

    [Fact]
    public void Data_facts_hang_and_long_answers_work() => Pass(Run("""
        machine: disk.yaml
        scenarios:
          - name: learns
            given: { look: { exit: 0, output: '{"level": 3}', takes: 2s }, data: { seen: true }, facts: { path: /srv } }
            steps:
              - when: { advance: 2s }
                then: { data: { level: 3, seen: true }, events: [ { watcher: look, outcome: success } ] }
              - when: { look: hang, advance: 1m10s }
                then: { state: BAD, events: [ { watcher: look, outcome: timeout } ] }
          - name: begins elsewhere
            given: { state: BAD, look: failure }
            steps:
              - then: { state: BAD, runs: { look: 1 } }
        """, """
        name: learner
        version: 1.0.0
        initial_state: GOOD
        transitions:
          - { name: bad, from: [GOOD, BAD], destination: BAD }
          - { name: good, from: [BAD], destination: GOOD }
        watchers:
          - { name: look, type: exec, interval: 1m, fail_transition: bad, properties: { command: 'look {{ lookup "facts.path" "/" }}', parse_as_data: true } }
        """));

    [Fact]
    public void A_check_can_begin_in_a_state_and_be_acknowledged() => Pass(Run("""
        machine: disk.yaml
        scenarios:
          - name: known
            given: { state: CRITICAL, check: CRITICAL }
            steps:
              - then: { state: CRITICAL, hard: true, acknowledged: false }
              - when: { acknowledge: { caller: anna, reason: on it, for: 1h } }
                then: { acknowledged: true }
              - when: { advance: 1h }
                then: { acknowledged: false }
        """, "checks: [ { name: far, plugin: x, attempts: 3 } ]"));

    private static ScenarioReport Run(string test, string definition, string file = "disk.yaml")
    {
        var syntax = new SimpleSyntax();
        ScenarioFile scenarios = ScenarioReader.Read("machines/disk.test.yaml", Encoding.UTF8.GetBytes(test), syntax);
        DefinitionFile definitions = DefinitionReader.Read("machines/" + file, Encoding.UTF8.GetBytes(definition), Reading.Options);
        return ScenarioRunner.Run(scenarios, definitions, syntax);
    }

    private static void Pass(ScenarioReport report) => Assert.True(report.Passed, TapText.Render([report]));
}
