using Scout.Machines.Analysis;
using Scout.Machines.Tests.Definitions;

namespace Scout.Machines.Tests.Analysis;

public sealed class MachineGraphTests
{
    private const string Web = """
        name: web
        version: 1.0.0
        initial_state: RUNNING
        transitions:
          - { name: failed, from: [RUNNING], destination: RE-STARTING }
          - { name: restarted, from: [RE-STARTING], destination: RUNNING }
          - { name: stuck, from: [RE-STARTING], destination: end }
          - { name: repaired, from: [end], destination: RUNNING }
          - { name: ignored, from: [end], destination: RUNNING }
          - { name: again, from: [RUNNING], destination: RUNNING }
        watchers:
          - { name: alive, type: exec, interval: 30s, state_match: [RUNNING], fail_transition: failed, properties: { command: ./alive.sh } }
          - { name: restart, type: exec, interval: 20s, state_match: [RE-STARTING], success_transition: restarted, properties: { command: ./restart.sh } }
          - { name: patience, type: timer, state_match: [RE-STARTING], fail_transition: stuck, properties: { timer: 50s } }
        """;

    [Fact]
    public void A_machine_in_Mermaid() => Assert.Equal("""
        stateDiagram-v2
            state "RE-STARTING" as s1
            state "end" as s2
            [*] --> RUNNING
            RUNNING --> s1: failed
            s1 --> RUNNING: restarted
            s1 --> s2: stuck
            s2 --> RUNNING: repaired, ignored
            note right of RUNNING
                alive (exec every 30s, failure failed)
            end note
            note right of s1
                restart (exec every 20s, success restarted)
                patience (timer after 50s, failure stuck)
            end note

        """, MachineGraph.ToMermaid(Reading.One(Web)));

    [Fact]
    public void A_machine_in_DOT_with_dashes_for_people() => Assert.Equal("""
        digraph "web" {
            rankdir=LR;
            node [shape=box, style=rounded];
            "RUNNING" [peripheries=2];
            "RE-STARTING";
            "end";
            "RUNNING" -> "RE-STARTING" [label="failed"];
            "RE-STARTING" -> "RUNNING" [label="restarted"];
            "RE-STARTING" -> "end" [label="stuck"];
            "end" -> "RUNNING" [label="repaired, ignored", style=dashed];
            "note:RUNNING" [shape=note, style="", label="alive (exec every 30s, failure failed)\l"];
            "RUNNING" -> "note:RUNNING" [style=dotted, arrowhead=none];
            "note:RE-STARTING" [shape=note, style="", label="restart (exec every 20s, success restarted)\lpatience (timer after 50s, failure stuck)\l"];
            "RE-STARTING" -> "note:RE-STARTING" [style=dotted, arrowhead=none];
        }

        """, MachineGraph.ToDot(Reading.One(Web)));

    [Fact]
    public void A_check_joins_the_edges_of_one_pair()
    {
        string mermaid = MachineGraph.ToMermaid(Reading.One("checks:\n  - { name: disk, plugin: x, remediate: { command: y } }\n"));

        Assert.Contains("    MAINTENANCE --> UNKNOWN: RESUME\n", mermaid, StringComparison.Ordinal);
        Assert.Contains("    FORCE_CHECK --> OK: OK\n", mermaid, StringComparison.Ordinal);
        Assert.Contains("        check (nagios every 1m)\n        remediate (exec every 15m, success UNKNOWN)\n", mermaid, StringComparison.Ordinal);
        Assert.DoesNotContain("OK --> OK", mermaid, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_definition_gives_the_same_bytes() =>
        Assert.Equal(MachineGraph.ToDot(Reading.One(Web)), MachineGraph.ToDot(Reading.One(Web, "elsewhere.yaml")));
}
