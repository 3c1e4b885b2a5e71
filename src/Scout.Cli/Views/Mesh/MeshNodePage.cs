using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Terminal;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Views.Mesh;

/// <summary>What <c>scout mesh --node NAME</c> and <c>--local</c> print.</summary>
internal static class MeshNodePage
{
    public static void Print(IConsoleIo io, NodeMesh mesh, OutputFormat format)
    {
        foreach (string line in Wrapped.Pieces(Head(mesh), "   ", io.Width)) io.Out.WriteLine(Escape.Line(line));
        foreach (string line in Wrapped.Pieces(Quality(mesh.Self), "   ", io.Width)) io.Out.WriteLine(Escape.Line(line));
        bool colour = Style.ColourOnOut(io);
        if (mesh.Self.SuspectSelf)
        {
            const string Own = "most of its peers fail at once: its own link or host is suspected";
            io.Out.WriteLine(colour ? $"{Tones.Start(Tone.Bad)}{Own}{Tones.End}" : Own);
        }

        if (mesh.Message is { Length: > 0 } message) io.Out.WriteLine(Escape.Line(message));
        var writer = new RowWriter<MeshPeerRow>(io, MeshPeerRow.Peers, format);
        writer.AddRange(MeshPeerRow.Worst(mesh.Peers.Select(peer => new MeshPeerRow(mesh.Node, peer))));
        writer.End();
    }

    private static IEnumerable<string> Head(NodeMesh mesh)
    {
        MeshSelf self = mesh.Self;
        string zone = self.Zone.Length > 0 ? $", zone {self.Zone}" : "";
        yield return $"node {mesh.Node}{zone}, {self.State}";
        yield return $"{self.Members} members, {(self.Rings == 0 ? "full mesh" : $"{self.Rings} rings")}: probes {self.Neighbours}, probed by {self.InProbers} of {self.InProbersExpected}";
        if (self.Source is { } source) yield return $"peers from {source}{(self.RosterAgeS is { } age ? $", {Ages.Span(TimeSpan.FromSeconds(age))} old" : "")}";
        if (self.Conflicts is { } conflicts) yield return $"{conflicts} had another place in a later source";
    }

    private static IEnumerable<string> Quality(MeshSelf self)
    {
        yield return $"loss {MeshText.Percent(self.Loss)}";
        yield return $"rtt p50 {MeshText.Milliseconds(self.RttP50Ms)} p99 {MeshText.Milliseconds(self.RttP99Ms)}";
        yield return $"late {self.Late}";
        yield return $"stalled {MeshText.Percent(self.Stalled)}";
        yield return "window 60 s";
    }
}
