using System.Text.Json;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views.Mesh;

/// <summary>What <c>scout mesh diagnose</c> prints.</summary>
internal static class MeshDiagnosisPage
{
    private const int NameWidth = 11;

    /// <summary>A fault with what speaks for and against it.</summary>
    public static void Fault(IConsoleIo io, MeshFault fault)
    {
        MeshEvidence seen = fault.Evidence;
        Title(io, $"{fault.Text}: {Story(io, fault)}", MeshText.Tone(fault));
        Lines(io, "for", [.. (seen.Failing ?? []).Select(Example), Counts(seen)]);
        Lines(io, "against", seen.Passing is { IsDefaultOrEmpty: false } passing ? [.. passing.Select(Example)]
            : seen.Paths > 0 && seen.FailingPaths == seen.Paths ? ["none of its paths is clean"] : ["no passing path was kept as an example"]);
        if (seen.Witnesses is { IsDefaultOrEmpty: false } witnesses)
        {
            Lines(io, "witness", [.. witnesses.Select(one => $"{one.Node} (zone {(one.Zone.Length > 0 ? one.Zone : "-")}) {one.Sent - one.Ok}/{one.Sent} lost")]);
        }

        Lines(io, "ports", [seen.Ports is { IsDefaultOrEmpty: false } ports ? $"on some paths only: source ports {string.Join(' ', ports)} lose, the others hardly do" : "even"]);
        if (seen.Trace is { Length: > 0 } trace) Lines(io, "trace", [trace]);
        if (fault.Partial) Lines(io, "note", ["witnesses reach it, so it stays suspect: only some of its paths fail"]);
        if (fault.Maintenance) Lines(io, "note", ["a node of it is in maintenance: it does not page"]);
        io.Out.Flush();
    }

    /// <summary>What a node sees, and what is seen of it.</summary>
    public static void Node(IConsoleIo io, string node, NodeMesh? own, IReadOnlyList<MeshPeerRow> arriving, bool blamed)
    {
        if (own is null) Title(io, $"{node} tells nothing of its own: it does not answer, or its mesh is off", Tone.Bad);
        else Title(io, $"node {node}{(own.Self.Zone.Length > 0 ? $" (zone {own.Self.Zone})" : "")}: {(blamed ? "blamed above" : "no open fault names it")}", blamed ? Tone.Bad : Tone.Good);
        if (own is { Self.SuspectSelf: true }) Lines(io, "itself", ["most of its peers fail at once: its own link or host is suspected"]);
        if (own is not null) Lines(io, "out", [Summary(own.Peers, "probes")]);
        Lines(io, "in", [Summary([.. arriving.Select(row => row.Peer)], "is probed by")]);
        MeshPeerRow[] rows = [.. (own?.Peers ?? []).Select(peer => new MeshPeerRow(node, peer)), .. arriving];
        MeshPeerRow[] bad = [.. MeshPeerRow.Worst(rows.Where(row => row.Peer.Failing || row.Peer.Lost > 0)).Take(12)];
        if (bad.Length > 0)
        {
            var writer = new RowWriter<MeshPeerRow>(io, MeshPeerRow.Arriving, OutputFormat.Table);
            writer.AddRange(bad);
            writer.End();
        }

        io.Out.Flush();
    }

    /// <summary>Both ways between two nodes.</summary>
    public static void Pair(IConsoleIo io, IReadOnlyList<MeshWay> ways)
    {
        MeshWay there = ways[0], back = ways[1];
        string verdict = (there.Failed, back.Failed) switch
        {
            (false, false) => $"{there.From} and {there.To} reach each other",
            (true, true) => $"between {there.From} and {there.To} something is wrong, whoever probes",
            (true, false) => $"{there.From} fails to reach {there.To}, the other way round it works",
            _ => $"{there.To} fails to reach {there.From}, the other way round it works",
        };
        Title(io, verdict, there.Failed || back.Failed ? Tone.Bad : Tone.Good);
        foreach (MeshWay way in ways)
        {
            Lines(io, $"{way.From} to {way.To}", []);
            Lines(io, "in 60 s", [way.Row is { } row ? $"{row.Lost} of {row.Sent} lost ({row.LostForward} forward, {row.LostReverse} on the way back), rtt {MeshText.Milliseconds(row.RttMs)}, tcp {row.TcpFailed} of {row.TcpOk + row.TcpFailed} failed" : "not one of its regular peers"]);
            if (way.Problem is { } problem) Lines(io, "now", [problem]);
            if (way.Udp is { } udp) Lines(io, "now udp", [Commands.Mesh.MeshProbeCommand.Text(udp)]);
            if (way.Tcp is { } tcp) Lines(io, "now tcp", [Commands.Mesh.MeshProbeCommand.Text(tcp)]);
        }

        io.Out.Flush();
    }

    public static void NodeJson(Utf8JsonWriter writer, string node, NodeMesh? own, IReadOnlyList<MeshPeerRow> arriving, IReadOnlyList<MeshFault> faults)
    {
        writer.WriteStartObject();
        writer.WriteString("node", node);
        Faults(writer, faults);
        writer.WritePropertyName("own");
        if (own is null) writer.WriteNullValue();
        else MeshJsonText.Node(writer, own);
        writer.WriteStartArray("arriving");
        foreach (MeshPeerRow row in arriving) MeshJsonText.Peer(writer, row.From, row.Peer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void PairJson(Utf8JsonWriter writer, IReadOnlyList<MeshWay> ways, IReadOnlyList<MeshFault> faults)
    {
        writer.WriteStartObject();
        Faults(writer, faults);
        writer.WriteStartArray("ways");
        foreach (MeshWay way in ways)
        {
            writer.WriteStartObject();
            writer.WriteString("from", way.From);
            writer.WriteString("to", way.To);
            writer.WriteBoolean("failed", way.Failed);
            writer.WritePropertyName("counted");
            if (way.Row is null) writer.WriteNullValue();
            else MeshJsonText.Peer(writer, null, way.Row);
            foreach ((string name, MeshProbeResult? result) in (ReadOnlySpan<(string, MeshProbeResult?)>)[("udp", way.Udp), ("tcp", way.Tcp)])
            {
                writer.WritePropertyName(name);
                if (result is null) writer.WriteNullValue();
                else Commands.Mesh.MeshProbeCommand.Json(writer, way.From, result);
            }

            writer.Text("problem", way.Problem);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Faults(Utf8JsonWriter writer, IReadOnlyList<MeshFault> faults)
    {
        writer.WriteStartArray("faults");
        foreach (MeshFault fault in faults) MeshJsonText.Fault(writer, fault);
        writer.WriteEndArray();
    }

    private static string Story(IConsoleIo io, MeshFault fault)
    {
        string Clock(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, io.Time.LocalTimeZone).ToString("HH:mm:ss", null);
        string after = fault.Confirmed is { } sure ? $"confirmed {Clock(sure)}, {Math.Max(0, (sure - fault.Since).TotalSeconds):0.0} s after the first loss" : $"suspect since {Clock(fault.Since)}";
        if (fault.Cleared is { } cleared) after += $", cleared {Clock(cleared)}";
        string loss = fault.What is MeshFaultTrouble.Loss or MeshFaultTrouble.Down or MeshFaultTrouble.Mtu ? $"; loss {MeshText.Percent(fault.Loss)}, confidence " : "; confidence ";
        return after + loss + MeshText.Confidence(fault.Confidence);
    }

    private static string Example(MeshExample example)
    {
        string way = example.Direction switch { MeshFaultDirection.Forward => " forward", MeshFaultDirection.Reverse => " on the way back", _ => "" };
        return $"{example.From}->{example.To} {example.Lost}/{example.Sent} lost{(example.Lost > 0 ? way : "")}";
    }

    private static string Counts(MeshEvidence seen) =>
        $"in all {seen.FailingPaths} of {seen.Paths} paths, {seen.FailingFarEnds} of {seen.FarEnds} far ends, {seen.Lost} of {seen.Sent} probes in {seen.WindowS:0.#} s";

    private static string Summary(IReadOnlyList<MeshPeer> peers, string verb)
    {
        if (peers.Count == 0) return $"{verb} nobody";
        long sent = peers.Sum(peer => peer.Sent), lost = peers.Sum(peer => peer.Lost);
        double ratio = sent == 0 ? 0 : (double)lost / sent;
        return $"{verb} {peers.Count}, {peers.Count(peer => peer.Failing)} failing, loss {MeshText.Percent(ratio)} ({lost} of {sent}: {peers.Sum(peer => peer.LostForward)} forward, {peers.Sum(peer => peer.LostReverse)} on the way back)";
    }

    private static void Title(IConsoleIo io, string text, Tone tone)
    {
        foreach (string line in Wrapped.Words(Escape.Line(text), " ", io.Width ?? int.MaxValue)) io.Out.WriteLine(Style.ColourOnOut(io) ? $"{Tones.Start(tone)}{line}{Tones.End}" : line);
    }

    private static void Lines(IConsoleIo io, string name, IReadOnlyList<string> values)
    {
        string head = $"  {Escape.Line(name)}".PadRight(NameWidth);
        if (values.Count == 0)
        {
            io.Out.WriteLine(head.TrimEnd());
            return;
        }

        foreach (string line in Wrapped.Pieces(values.SelectMany(value => value.Split(", ")).Select(Escape.Line), ", ", io.Width - NameWidth))
        {
            io.Out.WriteLine(head + line);
            head = new string(' ', NameWidth);
        }
    }
}

/// <summary>One way between two nodes: what the prober counted, and what it found just now.</summary>
internal sealed record MeshWay(string From, string To, MeshPeer? Row, MeshProbeResult? Udp, MeshProbeResult? Tcp, string? Problem)
{
    public bool Failed => Row is { Failing: true } || Problem is not null || (Udp is { } udp && udp.Ok < udp.Sent) || (Tcp is { } tcp && tcp.Ok < tcp.Sent);
}
