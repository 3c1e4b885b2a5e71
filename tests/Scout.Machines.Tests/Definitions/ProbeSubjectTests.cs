using System.Text;
using Scout.Machines.Analysis;
using Scout.Machines.Definitions;
using Scout.Machines.Runs;
using Scout.Machines.Simulated;
using Scout.Machines.Tests.Simulated;

namespace Scout.Machines.Tests.Definitions;

/// <summary>Subjects that the node looks at itself: this room reads none of their options.</summary>
public sealed class ProbeSubjectTests
{
    private const string Db = "checks:\n  - { name: db, tcp: { host: db1 }, interval: 10s }\n";

    [Fact]
    public void A_probe_is_the_subject_of_a_check_and_has_five_seconds()
    {
        MachineDefinition machine = Reading.One(Db);

        ProbeSubject subject = Assert.IsType<ProbeSubject>(machine.Check!.Subject);
        Assert.Equal(("tcp", """{"host":"db1","port":1}"""), (subject.Kind, subject.CanonicalJson));
        Assert.Equal(TimeSpan.FromSeconds(5), machine.Check.Timeout);
        Assert.Equal(("db1", "1", TimeSpan.FromSeconds(5)), subject.Options);
        Assert.Equal(TimeSpan.FromSeconds(3), Reading.One(Db.Replace("interval: 10s", "timeout: 3s", StringComparison.Ordinal)).Check!.Timeout);
    }

    [Fact]
    public void The_long_form_takes_it_too_and_is_what_the_short_form_becomes()
    {
        DefinitionFile file = Reading.Read(Db.Replace("interval", "events: changes, interval", StringComparison.Ordinal));
        string yaml = MachineExplain.Explain(file, file.Machines[0], new ExplainOptions { Syntax = Reading.Options.Syntax, Now = DateTimeOffset.UnixEpoch }).Yaml;
        MachineDefinition again = Reading.One(yaml);

        Assert.Matches("\n {6}tcp: +# given\n {8}host: db1 +# given\n {8}port: 1 +# default\n", yaml);
        Assert.Equal(file.Machines[0].Digest, again.Digest);
    }

    [Fact]
    public void Texts_that_mean_the_same_have_one_digest_and_another_port_has_another()
    {
        string digest = Reading.One(Db).Digest;

        Assert.Equal(digest, Reading.One(Db.Replace("host: db1", "port: 1, host: 'db1'", StringComparison.Ordinal)).Digest);
        Assert.NotEqual(digest, Reading.One(Db.Replace("host: db1", "host: db1, port: 2", StringComparison.Ordinal)).Digest);
    }

    [Fact]
    public void What_is_wrong_with_its_options_is_a_finding_like_all_others()
    {
        Finding finding = Assert.Single(Reading.Read(Db.Replace("host", "hots", StringComparison.Ordinal)).Findings);

        Assert.Equal((2, 22, FindingKind.MissingKey, Severity.Error), (finding.Line, finding.Column, finding.Kind, finding.Severity));
    }

    [Theory]
    [InlineData("plugin: x", "conflict")]
    [InlineData("builtin: heartbeat", "conflict")]
    [InlineData("gossfile: x", "ignored_key")]
    public void It_stands_alone(string beside, string kind) =>
        Assert.Equal(kind, Assert.Single(Reading.Read(Db.Replace("interval: 10s", beside, StringComparison.Ordinal)).Findings).Kind);

    [Fact]
    public void A_run_asks_for_a_probe_and_its_result_counts_like_a_plugins()
    {
        Scene scene = new Scene(Reading.One(Db)).Start();
        scene.Advance(30);

        Assert.All(scene.Runs, run => Assert.Equal((RunKind.Probe, TimeSpan.FromSeconds(5), 0), (run.Kind, run.Timeout, run.Words.Count)));
        Assert.Equal("OK", scene.State("db"));
    }

    [Fact]
    public void Another_target_makes_it_fresh_and_other_attempts_do_not()
    {
        Scene scene = new Scene(Reading.One(Db)).Start();
        scene.Advance(30);
        scene.Node.Apply([Reading.One(Db.Replace("interval", "attempts: 3, interval", StringComparison.Ordinal))]);
        Assert.False(scene.View("db").Record.Check!.Fresh);

        scene.Node.Apply([Reading.One(Db.Replace("db1", "db2", StringComparison.Ordinal))]);
        Assert.True(scene.View("db").Record.Check!.Fresh);
    }

    [Fact]
    public void Scenarios_answer_for_it_and_a_peer_that_hangs_is_critical()
    {
        const string test = """
            machine: db.yaml
            scenarios:
              - name: it goes and comes back
                given: { check: OK connected|time=0.001s }
                steps:
                  - then: { state: OK, hard: true }
                  - when: { check: hang, advance: 15s }
                    then: { state: CRITICAL, events: [ { check: CRITICAL } ] }
                  - when: { check: CRITICAL connection refused, advance: 15s }
                    then: { state: CRITICAL }
                  - when: { check: { exit: 1, output: WARNING slow }, advance: 15s }
                    then: { state: WARNING }
                  - when: { check: OK, advance: 15s }
                    then: { state: OK }
            """;
        ScenarioFile file = ScenarioReader.Read("machines/db.test.yaml", Encoding.UTF8.GetBytes(test), Reading.Options.Syntax);
        Assert.Empty(file.Findings);
        ScenarioReport report = ScenarioRunner.Run(file, Reading.Read(Db, "machines/db.yaml"), Reading.Options.Syntax);

        Assert.True(report.Passed, TapText.Render([report]));
    }
}
