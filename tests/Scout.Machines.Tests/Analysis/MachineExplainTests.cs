using System.Globalization;
using System.Text;
using System.Text.Json;
using Scout.Machines.Analysis;
using Scout.Machines.Definitions;
using Scout.Machines.Tests.Definitions;

namespace Scout.Machines.Tests.Analysis;

public sealed class MachineExplainTests
{
    private const string Disk = """
        checks:
          - name: disk_root
            plugin: check_disk -w {{ o "warn" "20%" }} -c '10 %' -p {{ lookup "facts.mount" }}
            attempts: 3
            labels: { team: storage }
            maintenance_windows: [{ days: [sun], start: "02:30", duration: 1h, timezone: Europe/Paris, reason: backups }]
            remediate: { command: /usr/local/sbin/clean-tmp, interval: 5m }
        """;

    [Fact]
    public void The_expanded_machine_says_where_each_value_comes_from() => Assert.Equal("""
        name: disk_root                                         # given
        version: 1.0.0                                          # default
        initial_state: UNKNOWN                                  # default
        splay_start: 0                                          # default
        on_restart: continue                                    # default
        labels: { team: storage }                               # given
        depends_on: []                                          # default
        maintenance_windows: [{ days: [sun], start: "02:30", duration: 1h, timezone: Europe/Paris, reason: backups }] # given
        transitions:                                            # default
          - { name: UNKNOWN, from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK], destination: UNKNOWN }
          - { name: OK, from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK], destination: OK }
          - { name: WARNING, from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK], destination: WARNING }
          - { name: CRITICAL, from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK], destination: CRITICAL }
          - { name: FORCE_CHECK, from: [UNKNOWN, OK, WARNING, CRITICAL], destination: FORCE_CHECK }
          - { name: MAINTENANCE, from: [UNKNOWN, OK, WARNING, CRITICAL, FORCE_CHECK], destination: MAINTENANCE }
          - { name: RESUME, from: [MAINTENANCE], destination: UNKNOWN }
        watchers:                                               # default
          - name: check                                         # default
            type: nagios                                        # default
            interval: 1m                                        # default
            state_match: [UNKNOWN, OK, WARNING, CRITICAL]       # default
            properties:
              plugin: [check_disk, -w, "{{ o \"warn\" \"20%\" }}", -c, "10 %", -p, "{{ lookup \"facts.mount\" }}"] # given
              timeout: 10s                                      # default
              attempts: 3                                       # given
              recover_attempts: 1                               # default
              retry_interval: 15s                               # default
              flapping: { low: 25, high: 30 }                   # default
              splay: 10s                                        # default
              annotations: {}                                   # default
              events: changes                                   # default, or what the node says
          - name: remediate                                     # default
            type: exec                                          # default
            interval: 5m                                        # given
            state_match: [CRITICAL]                             # default
            success_transition: UNKNOWN                         # default
            properties:
              command: [/usr/local/sbin/clean-tmp]              # given
              timeout: 1m                                       # default
              environment: []                                   # default
              parse_as_data: false                              # default
              suppress_success_announce: false                  # default
              gather_initial_state: false                       # default
              cooldown: 5m                                      # given
              max_runs: 3                                       # default
              per: 24h                                          # default

        """, Explain(Disk).Yaml);

    [Fact]
    public void The_rest_says_what_runs_when_and_where_it_leads()
    {
        string text = ExplainText.ToText(Explain(Disk, node: "web1", facts: """{"mount":"/"}""", overrides: """{"disk_root":{"warn":"15%"}}"""));
        string[] sections = text.Split("\n# ", StringSplitOptions.None);

        Assert.StartsWith("# disk_root 1.0.0, digest ", text, StringComparison.Ordinal);
        Assert.Equal("""
            where each transition leads

            transition \ state  UNKNOWN      OK           WARNING      CRITICAL     FORCE_CHECK  MAINTENANCE
            UNKNOWN             self         UNKNOWN      UNKNOWN      UNKNOWN      UNKNOWN      refused
            OK                  OK           self         OK           OK           OK           refused
            WARNING             WARNING      WARNING      self         WARNING      WARNING      refused
            CRITICAL            CRITICAL     CRITICAL     CRITICAL     self         CRITICAL     refused
            FORCE_CHECK         FORCE_CHECK  FORCE_CHECK  FORCE_CHECK  FORCE_CHECK  refused      refused
            MAINTENANCE         MAINTENANCE  MAINTENANCE  MAINTENANCE  MAINTENANCE  MAINTENANCE  refused
            RESUME              refused      refused      refused      refused      refused      UNKNOWN

            """, sections[1]);
        Assert.Equal("""
            what runs

            check: [check_disk, -w, 15%, -c, "10 %", -p, /]
            remediate: [/usr/local/sbin/clean-tmp]

            """, sections[2]);
        Assert.Equal("""
            when

            check: first check after a change +8s365ms
            check: check 2026-06-01T12:00:50.193Z
            check: check 2026-06-01T12:01:50.193Z
            check: check 2026-06-01T12:02:50.193Z
            remediate: on entry, then after its last start +5m

            """, sections[3]);
        Assert.Equal("""
            maintenance windows

            2026-06-07T00:30:00Z to 2026-06-07T01:30:00Z (Europe/Paris): backups
            2026-06-14T00:30:00Z to 2026-06-14T01:30:00Z (Europe/Paris): backups
            2026-06-21T00:30:00Z to 2026-06-21T01:30:00Z (Europe/Paris): backups

            """, sections[4]);
    }

    [Fact]
    public void A_path_that_is_not_found_is_named()
    {
        MachineExplanation explanation = Explain(Disk);

        Assert.Equal("'facts.mount' is not found", explanation.Commands[0].Error);
        Assert.Equal(["check_disk", "-w", "20%", "-c", "10 %", "-p", "{{ lookup \"facts.mount\" }}"], explanation.Commands[0].Argv);
        Assert.Empty(explanation.Due);
    }

    [Fact]
    public void A_window_that_is_open_now_comes_first()
    {
        ExplainedWindow window = Explain(Disk, now: "2026-06-07T01:00:00Z").Windows[0];

        Assert.Equal((true, "2026-06-07T01:30:00Z"), (window.Open, window.Closes.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Secrets_of_commands_and_headers_are_not_shown()
    {
        string yaml = "checks:\n  - name: db\n    plugin: check_db --password=geheim1 --host db1\n    remediate: { command: mend --token geheim2 }\n";
        MachineExplanation explanation = Explain(yaml);
        Assert.DoesNotContain("geheim", ExplainText.ToText(explanation) + Json(explanation), StringComparison.Ordinal);
        Assert.Contains("--host", ExplainText.ToText(explanation), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_an_environment_are_never_shown()
    {
        string yaml = Reading.Machine(properties: "environment: [PASSWORD=geheim]");
        MachineExplanation explanation = Explain(yaml);

        Assert.Contains("environment: [PASSWORD=", explanation.Yaml.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", ExplainText.ToText(explanation) + Json(explanation), StringComparison.Ordinal);
    }

    [Fact]
    public void The_JSON_has_everything_the_text_has()
    {
        using JsonDocument document = JsonDocument.Parse(Json(Explain(Disk, node: "web1")));
        JsonElement json = document.RootElement;

        Assert.Equal("disk_root", json.GetProperty("name").GetString());
        Assert.Equal("short", json.GetProperty("form").GetString());
        Assert.Equal("given", json.GetProperty("origins").GetProperty("watchers[0].properties.attempts").GetString());
        Assert.Equal("default", json.GetProperty("origins").GetProperty("watchers[0].interval").GetString());
        Assert.Equal("1m", json.GetProperty("definition").GetProperty("watchers")[0].GetProperty("interval").GetString());
        Assert.Equal("UNKNOWN", json.GetProperty("table").GetProperty("transitions")[6].GetProperty("to").GetProperty("MAINTENANCE").GetString());
        Assert.Equal("'facts.mount' is not found", json.GetProperty("commands")[0].GetProperty("error").GetString());
        Assert.Equal("2026-06-01T12:00:50.193Z", json.GetProperty("due")[1].GetProperty("at").GetString());
        Assert.Equal("backups", json.GetProperty("windows")[0].GetProperty("reason").GetString());
        Assert.Empty(json.GetProperty("findings").EnumerateArray());
    }

    [Fact]
    public void Findings_of_lint_are_among_them() =>
        Assert.Equal("slow_timeout", Assert.Single(Explain(Reading.Check("interval: 10s\ntimeout: 30s")).Findings).Kind);

    public static TheoryData<string> Machines() =>
    [
        Disk,
        "checks:\n  - { name: a, builtin: heartbeat, flapping: off, splay: 0, events: problems, interval: 90s, annotations: { \"a b\": \"x: \\\"y\\\"\\n#\" } }\n",
        "checks:\n  - { name: a, plugin: [x, '', ' ', '{{ 1 }}', 'é\u2028', -1, --, ---, --x, '-', '- a', -/, '.', 0, ~, 'null', '=', '%a', '!x', '&a', '*a', '|', '>'], depends_on: [b], remediate: { command: y, when: [WARNING, UNKNOWN], max_runs: 7 } }\n",
        Reading.Machine("labels: { a: '' }\nsplay_start: 30", "interval: 30s\nstate_match: [UP]\nfail_transition: failed\nforeign_state_required: [{ machine_name: a, state: B }]", "timeout: 5s\ncooldown: 1m"),
        """
        name: all
        version: 2.0.0-rc.1
        initial_state: A
        on_restart: initial
        transitions:
          - { name: go, from: [A], destination: B, description: "off: we go", subscribe: [{ machine_name: other, event: CRITICAL }] }
          - { name: back, from: [B], destination: A }
        watchers:
          - { name: keep, type: file, interval: 1m, properties: { path: /etc/motd, contents: "hello\n", owner: root, group: "{{ o `g` }}", mode: "0644" } }
          - { name: night, type: schedule, properties: { schedules: ["0 2 * * *", "@weekly"], duration: 2h, start_splay: 1h, timezone: Europe/Paris } }
          - { name: wait, type: timer, fail_transition: back, announce_interval: 5m, properties: { timer: 1h, splay: true } }
          - { name: count, type: metric, properties: { command: ./count, interval: 10s, labels: { a: b } } }
          - { name: check, type: nagios, properties: { builtin: heartbeat } }
        """,
    ];

    [Theory]
    [MemberData(nameof(Machines))]
    public void What_is_explained_reads_back_as_the_same_machine(string yaml)
    {
        MachineDefinition machine = Reading.One(yaml);
        string expanded = Explain(yaml).Yaml;
        MachineDefinition back = Reading.One(expanded);

        // The node's own default of events is written out, and counts as given then.
        if (machine.Check is { Events: null }) back = Reading.One(string.Join('\n', expanded.Split('\n').Where(line => !line.Contains("or what the node says", StringComparison.Ordinal))));
        Assert.Equal(machine.Digest, back.Digest);
        Assert.Equal(machine.Watchers.Select(watcher => watcher.Digest), back.Watchers.Select(watcher => watcher.Digest));
    }

    private static MachineExplanation Explain(string yaml, string? node = null, string? facts = null, string? overrides = null, string now = "2026-06-01T12:00:00Z")
    {
        DefinitionFile file = Reading.Read(yaml);
        Assert.Empty(file.Findings);
        return MachineExplain.Explain(file, file.Machines[0], new ExplainOptions
        {
            Syntax = new SimpleSyntax(),
            Node = node,
            Facts = facts is null ? default : JsonDocument.Parse(facts).RootElement,
            Overrides = overrides is null ? default : JsonDocument.Parse(overrides).RootElement,
            Now = DateTimeOffset.Parse(now, CultureInfo.InvariantCulture),
        });
    }

    private static string Json(MachineExplanation explanation)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer)) ExplainText.WriteJson(writer, explanation);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
