using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Fleets;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Meshes;

/// <summary>One node's own view of the mesh, all pages of it.</summary>
/// <param name="Node">Who.</param>
/// <param name="Self">About itself.</param>
/// <param name="Peers">Whom it probes, by name.</param>
/// <param name="Message">What it has to say besides, such as why its mesh is off.</param>
internal sealed record NodeMesh(string Node, MeshSelf Self, IReadOnlyList<MeshPeer> Peers, string? Message)
{
    /// <summary>Asks these nodes; who does not answer, or has no mesh, goes to the report and is left out.</summary>
    public static async Task<IReadOnlyList<NodeMesh>> AskAsync(FleetView fleet, IEnumerable<string> nodes)
    {
        var selves = new SortedDictionary<string, (MeshSelf Self, string? Message)>(StringComparer.Ordinal);
        var peers = new Dictionary<string, List<MeshPeer>>(StringComparer.Ordinal);
        var after = new Dictionary<string, string?>(StringComparer.Ordinal);
        string[] asked = [.. nodes.Distinct(StringComparer.Ordinal)];
        while (asked.Length > 0)
        {
            var again = new List<string>();
            foreach (NodeAnswer answer in await fleet.AskAsync(asked, node => new MeshArgs(after.GetValueOrDefault(node))))
            {
                if (!answer.Came || !fleet.Report.Take(answer)) continue;
                string? last = null;
                foreach (MeshResult result in answer.Reply!.Results.OfType<MeshResult>())
                {
                    if (result.Self is { } self) selves[answer.Node] = (self, result.Message);
                    if (result.Peer is not { } peer) continue;
                    last = peer.Node;
                    if (!peers.TryGetValue(answer.Node, out List<MeshPeer>? list)) peers[answer.Node] = list = [];
                    list.Add(peer);
                }

                if (answer.Reply.Truncated > 0 && last is not null && last != after.GetValueOrDefault(answer.Node))
                {
                    after[answer.Node] = last;
                    again.Add(answer.Node);
                }
            }

            asked = [.. again];
        }

        return [.. selves.Select(pair => new NodeMesh(
            pair.Key, pair.Value.Self, [.. (peers.GetValueOrDefault(pair.Key) ?? []).OrderBy(peer => peer.Node, StringComparer.Ordinal)], pair.Value.Message))];
    }

    /// <summary>The one node that was named.</summary>
    /// <exception cref="CliException">It did not answer, or has no mesh.</exception>
    public static async Task<NodeMesh> OneAsync(FleetView fleet, string node)
    {
        NodeAnswer answer = (await fleet.AskAsync([new Question(node, fleet.Request(new MeshArgs(null)))], fleet.Timeout))[0];
        if (answer.Outcome == NodeOutcome.NotConnected)
        {
            string? near = Nearest.Find(node, (await fleet.KnownAsync()).Select(known => known.Node));
            throw CliException.NoConnection($"{node}: nobody listens under this name", near is not null && near != node ? $"did you mean '{near}'?" : "'scout nodes' lists those that exist; is its server running?");
        }

        if (!answer.Came) throw CliException.NoConnection($"{node}: {answer.Problem ?? "no answer in time"}", "--timeout waits longer; 'scout ping' tells whether it is there");
        if (answer.Reply!.Results.OfType<MeshResult>().All(result => result.Self is null))
        {
            string why = answer.Reply.Message is { Length: > 0 } message ? message : RpcCodes.Name(answer.Reply.Code);
            throw CliException.NoConnection($"{node}: {why}", "mesh.enabled: true in its configuration switches the mesh on; older servers have none");
        }

        return await AskAsync(fleet, [node]) is [{ } mesh, ..] ? mesh : throw CliException.NoConnection($"{node}: it stopped answering", "try again");
    }
}
