using System.Text.Json;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views.Mesh;

/// <summary>The mesh as JSON: every key always there (server.md section 11).</summary>
internal static class MeshJsonText
{
    public static void Fleet(Utf8JsonWriter writer, MeshSummary summary, IReadOnlyList<MeshFault> faults, string source, TimeSpan age)
    {
        writer.WriteStartObject();
        writer.WriteString("source", source);
        writer.Time("at", summary.At);
        writer.Number("data_age_ms", Math.Max(0, Math.Round(age.TotalMilliseconds)));
        writer.Text("broker", summary.Broker);
        writer.WriteNumber("nodes", summary.Nodes);
        writer.WriteNumber("zones", summary.Zones);
        writer.WriteNumber("rings", summary.Rings);
        writer.WriteNumber("paths", summary.Paths);
        writer.Number("probes_per_second", summary.ProbesPerSecond);
        writer.Number("window_ms", summary.WindowS * 1000);
        writer.WriteNumber("reporting", summary.Reporting);
        writer.Number("loss", summary.Loss);
        writer.Number("rtt_p50_ms", summary.RttP50Ms);
        writer.Number("rtt_p99_ms", summary.RttP99Ms);
        writer.WriteNumber("late", summary.Late);
        writer.Number("stalled", summary.Stalled);
        writer.Number("background", summary.Background);
        writer.Texts("maintenance", summary.Maintenance);
        writer.Texts("leaving", summary.Leaving);
        writer.Texts("missing", summary.Missing);
        writer.WriteNumber("suspects", summary.Suspects);
        writer.WriteNumber("confirmed", summary.Confirmed);
        writer.WriteNumber("more", summary.More);
        writer.Number("localise_ms", summary.LocaliseMs);
        writer.WriteStartArray("faults");
        foreach (MeshFault fault in faults) Fault(writer, fault);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void Fault(Utf8JsonWriter writer, MeshFault fault)
    {
        writer.WriteStartObject();
        writer.WriteString("id", fault.Id);
        writer.WriteString("state", MeshFaultWords.Name(fault.State));
        writer.WriteString("kind", MeshFaultWords.Name(fault.Kind));
        writer.WriteString("component", fault.Component);
        writer.WriteString("direction", MeshFaultWords.Name(fault.Direction));
        writer.WriteString("what", MeshFaultWords.Name(fault.What));
        writer.WriteString("text", fault.Text);
        writer.Number("loss", fault.Loss);
        writer.Number("confidence", fault.Confidence);
        writer.Time("since", fault.Since);
        writer.Time("confirmed", fault.Confirmed);
        writer.Time("cleared", fault.Cleared);
        writer.Time("at", fault.At);
        writer.WriteBoolean("maintenance", fault.Maintenance);
        writer.WriteBoolean("partial", fault.Partial);
        writer.WriteNumber("more", fault.More);
        MeshEvidence seen = fault.Evidence;
        writer.WriteStartObject("evidence");
        writer.WriteNumber("paths", seen.Paths);
        writer.WriteNumber("failing_paths", seen.FailingPaths);
        writer.WriteNumber("far_ends", seen.FarEnds);
        writer.WriteNumber("failing_far_ends", seen.FailingFarEnds);
        writer.WriteNumber("sent", seen.Sent);
        writer.WriteNumber("lost", seen.Lost);
        writer.WriteNumber("forward", seen.Forward);
        writer.WriteNumber("reverse", seen.Reverse);
        writer.Number("window_ms", seen.WindowS * 1000);
        Examples(writer, "failing", seen.Failing);
        Examples(writer, "passing", seen.Passing);
        writer.WriteStartArray("ports");
        foreach (int port in seen.Ports ?? []) writer.WriteNumberValue(port);
        writer.WriteEndArray();
        writer.WriteStartArray("witnesses");
        foreach (MeshWitness witness in seen.Witnesses ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("node", witness.Node);
            writer.WriteString("zone", witness.Zone);
            writer.WriteNumber("sent", witness.Sent);
            writer.WriteNumber("ok", witness.Ok);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.Text("trace", seen.Trace);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    public static void Node(Utf8JsonWriter writer, NodeMesh mesh)
    {
        writer.WriteStartObject();
        writer.WriteString("source", "node");
        writer.WriteString("node", mesh.Node);
        writer.Text("message", mesh.Message);
        MeshSelf self = mesh.Self;
        writer.WriteString("state", self.State);
        writer.WriteString("zone", self.Zone);
        writer.WriteNumber("members", self.Members);
        writer.WriteNumber("rings", self.Rings);
        writer.WriteNumber("neighbours", self.Neighbours);
        writer.WriteNumber("in_probers", self.InProbers);
        writer.WriteNumber("in_probers_expected", self.InProbersExpected);
        writer.WriteBoolean("suspect_self", self.SuspectSelf);
        writer.Number("loss", self.Loss);
        writer.Number("rtt_p50_ms", self.RttP50Ms);
        writer.Number("rtt_p99_ms", self.RttP99Ms);
        writer.WriteNumber("late", self.Late);
        writer.Number("stalled", self.Stalled);
        writer.Text("peer_source", self.Source);
        writer.Number("roster_age_ms", self.RosterAgeS * 1000);
        writer.WriteNumber("conflicts", self.Conflicts ?? 0);
        writer.WriteStartArray("peers");
        foreach (MeshPeer peer in mesh.Peers) Peer(writer, null, peer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <param name="writer">Where to.</param>
    /// <param name="from">Who probes; null when it is clear.</param>
    /// <param name="peer">Whom.</param>
    public static void Peer(Utf8JsonWriter writer, string? from, MeshPeer peer)
    {
        writer.WriteStartObject();
        if (from is not null) writer.WriteString("from", from);
        writer.WriteString("node", peer.Node);
        writer.WriteString("zone", peer.Zone);
        writer.WriteString("state", peer.State);
        writer.Text("plane", peer.Plane);
        writer.Text("address", peer.Address);
        writer.WriteBoolean("failing", peer.Failing);
        writer.WriteNumber("sent", peer.Sent);
        writer.WriteNumber("lost", peer.Lost);
        writer.WriteNumber("lost_forward", peer.LostForward);
        writer.WriteNumber("lost_reverse", peer.LostReverse);
        writer.WriteNumber("late", peer.Late);
        writer.WriteNumber("stalled", peer.Stalled);
        writer.WriteNumber("skipped", peer.Skipped);
        writer.Number("loss", peer.Loss);
        writer.Number("rtt_ms", peer.RttMs);
        writer.WriteNumber("tcp_ok", peer.TcpOk);
        writer.WriteNumber("tcp_failed", peer.TcpFailed);
        writer.Number("tcp_ms", peer.TcpMs);
        writer.Text("last", peer.Last);
        writer.WriteEndObject();
    }

    private static void Examples(Utf8JsonWriter writer, string name, IReadOnlyList<MeshExample>? examples)
    {
        writer.WriteStartArray(name);
        foreach (MeshExample example in examples ?? [])
        {
            writer.WriteStartObject();
            writer.WriteString("from", example.From);
            writer.WriteString("to", example.To);
            writer.WriteNumber("sent", example.Sent);
            writer.WriteNumber("lost", example.Lost);
            writer.WriteString("direction", MeshFaultWords.Name(example.Direction));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
