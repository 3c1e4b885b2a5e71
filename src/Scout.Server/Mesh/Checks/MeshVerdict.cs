using System.Globalization;
using Scout.Checks;
using Scout.Checks.Output;
using Scout.Checks.Probes;
using Scout.Protocol.Mesh;

namespace Scout.Server.Mesh.Checks;

/// <summary>
/// Judges counters by the rules of mesh.md section 6. Pure. Losses of a peer that is failing, or was within the minute, are left out of the loss of the set: one dead node is one
/// fault, not ten alarms.
/// </summary>
internal static class MeshVerdict
{
    /// <summary>Fewer decided probes say nothing about loss.</summary>
    private const int LeastProbes = 20;

    /// <summary>Data of the broker that is older says nothing.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(30);

    public static ProbeResult Judge(MeshCheckOptions options, MeshCheckInput input, DateTimeOffset at)
    {
        MeshCheckPeer[] set = [.. input.Peers.Where(peer => options.Scope switch { MeshScope.Peer => peer.Name == options.Name, MeshScope.Zone => peer.Zone == options.Name, _ => true })];
        MeshCheckPeer[] counted = [.. set.Where(static peer => peer.State is MeshNodeState.Up or MeshNodeState.Silent)];
        MeshCounts all = Sum(counted);
        MeshCounts quiet = Sum(counted.Where(static peer => !peer.Failing && !peer.FailedLately));
        int failing = counted.Count(static peer => peer.Failing);
        TimeSpan? rtt = Median(counted);
        var facts = new Facts(counted.Length, failing, all, quiet, rtt);
        (CheckStatus status, ProbeReason reason, string text) = counted.Length == 0 ? Nobody(options, input, set) : Look(options, input, facts);
        return new ProbeResult
        {
            Status = status,
            Reason = reason,
            Summary = $"MESH {Word(status)}: {text}",
            Detail = string.Join('\n', counted.Where(static peer => peer.Failing).OrderBy(static peer => peer.Name, StringComparer.Ordinal).Take(20).Select(Line)),
            PerfData = PerfData(options, facts),
            StartedAt = at,
        };
    }

    public static ProbeResult Judge(MeshFleetInput input, DateTimeOffset now)
    {
        (CheckStatus status, string text) = Fleet(input, now);
        MeshFault[] open = Open(input);
        return new ProbeResult
        {
            Status = status,
            Reason = status switch { CheckStatus.Ok => ProbeReason.Ok, CheckStatus.Unknown => ProbeReason.Local, _ => ProbeReason.Loss },
            Summary = $"MESH {Word(status)}: {text}",
            Detail = string.Join('\n', open.Take(20).Select(static fault => $"{fault.Id} {fault.Text} {MeshFaultWords.Name(fault.State)}{(fault.Maintenance ? " (maintenance)" : "")}, loss {Percent(fault.Loss)}")),
            PerfData = input.Summary is not { } summary
                ? []
                : [Item("confirmed", open.Count(static fault => fault.State == MeshFaultState.Confirmed)), Item("suspect", open.Count(static fault => fault.State == MeshFaultState.Suspect)), Item("loss", summary.Loss * 100, "%")],
            StartedAt = now,
        };
    }

    private static (CheckStatus Status, string Text) Fleet(MeshFleetInput input, DateTimeOffset now)
    {
        if (input.Summary is not { } summary) return (CheckStatus.Unknown, input.Why);
        if (now - summary.At > Stale) return (CheckStatus.Unknown, $"the broker's data is {(int)(now - summary.At).TotalSeconds} s old");
        MeshFault[] paging = [.. Open(input).Where(static fault => !fault.Maintenance)];
        MeshFault[] confirmed = [.. paging.Where(static fault => fault.State == MeshFaultState.Confirmed && fault.Kind != MeshFaultKind.BrokerLink)];
        string members = $"{summary.Reporting} of {summary.Nodes} nodes report, loss {Percent(summary.Loss)}";
        if (confirmed.Length > 0) return (CheckStatus.Critical, Named(confirmed, paging.Length) + ", " + members);
        return paging.Length > 0 ? (CheckStatus.Warning, Named(paging, paging.Length) + ", " + members) : (CheckStatus.Ok, "no fault open, " + members);
    }

    private static MeshFault[] Open(MeshFleetInput input) => [.. input.Faults.Where(static fault => fault.State != MeshFaultState.Cleared)];

    private static string Named(MeshFault[] faults, int all) => faults[0].Text + (all > 1 ? $" and {all - 1} more" : "");

    private static (CheckStatus, ProbeReason, string) Nobody(MeshCheckOptions options, MeshCheckInput input, MeshCheckPeer[] set)
    {
        if (options.Scope == MeshScope.Peer && set.Length == 0)
        {
            return (CheckStatus.Unknown, ProbeReason.Local, input.Knows(options.Name) ? $"{options.Name} is no neighbour of this node" : $"no node '{options.Name}' is known");
        }

        if (set.Length > 0) return (set.All(static peer => peer.State == MeshNodeState.Joining) ? CheckStatus.Unknown : CheckStatus.Ok, ProbeReason.Ok, $"{set.Length} peers, all of them {string.Join(" or ", set.Select(static peer => MeshNodeStates.Name(peer.State)).Distinct().Order(StringComparer.Ordinal))}");
        if (options.Scope == MeshScope.Zone) return (CheckStatus.Unknown, ProbeReason.Local, $"no neighbour in zone '{options.Name}'");
        return input.Members <= 1 ? (CheckStatus.Ok, ProbeReason.Ok, "no other node is known") : (CheckStatus.Unknown, ProbeReason.Local, $"no peer, although {input.Members - 1} others are known");
    }

    private static (CheckStatus, ProbeReason, string) Look(MeshCheckOptions options, MeshCheckInput input, Facts facts)
    {
        string failing = $"{facts.Failing} of {facts.Peers} peers fail";
        if (facts.All.Sent > 0 && facts.All.Stalled * 2 > facts.All.Sent) return (CheckStatus.Unknown, ProbeReason.Stalled, $"this process stood still for more than half of its probes ({facts.All.Stalled} of {facts.All.Sent})");
        double share = 100.0 * facts.Failing / facts.Peers;
        double loss = 100 * facts.Quiet.Loss;
        bool enough = facts.Quiet.Ok + facts.Quiet.Lost >= LeastProbes;
        bool few = facts.Peers <= 3;
        bool allFail = facts.Failing == facts.Peers;
        string self = (input.SuspectsSelf || (allFail && facts.Peers >= 3)) ? ", own link suspected" : "";
        if (few ? allFail : share > options.Critical && facts.Failing >= 2) return (CheckStatus.Critical, ProbeReason.Loss, failing + self);
        if (enough && loss > options.LossCritical) return (CheckStatus.Critical, ProbeReason.Loss, $"loss {Percent(loss / 100)} in 60 s, {failing}{self}");
        if (few ? facts.Failing > 0 : share > options.Warning && facts.Failing >= 2) return (CheckStatus.Warning, ProbeReason.Loss, failing + self);
        if (enough && loss > options.LossWarning) return (CheckStatus.Warning, ProbeReason.Loss, $"loss {Percent(loss / 100)} in 60 s, {failing}");
        if (facts.Rtt is { } rtt && options.RttWarning is { } limit && rtt > limit) return (CheckStatus.Warning, ProbeReason.Slow, $"median round trip {Milliseconds(rtt)}, over {Milliseconds(limit)}");
        string times = facts.Rtt is { } median ? $", rtt {Milliseconds(median)}" : "";
        return (CheckStatus.Ok, ProbeReason.Ok, $"{facts.Peers} peers, {(facts.Failing == 0 ? "none fails" : $"{facts.Failing} fails")}, loss {Percent(loss / 100)}{times}");
    }

    private static List<PerfDataItem> PerfData(MeshCheckOptions options, Facts facts)
    {
        int decided = facts.All.Ok + facts.All.Lost;
        List<PerfDataItem> items =
        [
            Item("peers", facts.Peers), Item("failing", facts.Failing), Item("loss", 100 * facts.All.Loss, "%", options.LossWarning, options.LossCritical),
            Item("loss_fwd", Share(Math.Min(facts.All.LostForward, facts.All.Lost), decided), "%"), Item("loss_rev", Share(Math.Min(facts.All.LostReverse, facts.All.Lost), decided), "%"),
        ];
        if (facts.Rtt is { } rtt) items.Add(Item("rtt", Math.Round(rtt.TotalSeconds, 6), "s", options.RttWarning?.TotalSeconds));
        items.Add(Item("stalled", Share(facts.All.Stalled, facts.All.Sent), "%"));
        return items;
    }

    private static double Share(int part, int all) => all == 0 ? 0 : 100.0 * part / all;

    private static PerfDataItem Item(string label, double value, string unit = "", double? warning = null, double? critical = null)
    {
        PerfUnit known = PerfUnit.Find(unit);
        string raw = string.Create(CultureInfo.InvariantCulture, $"{value:0.######}{unit};{warning:0.######};{critical:0.######};0");
        return new PerfDataItem
        {
            Label = label,
            Raw = raw,
            RawValue = value,
            RawUnit = unit,
            Value = value * known.Factor,
            Unit = known.Base,
            Warning = warning is { } w ? new Scout.Checks.Thresholds.NagiosRange(0, w * known.Factor, false) : null,
            Critical = critical is { } c ? new Scout.Checks.Thresholds.NagiosRange(0, c * known.Factor, false) : null,
            Min = 0,
            Max = unit == "%" ? 100 : null,
        };
    }

    private static MeshCounts Sum(IEnumerable<MeshCheckPeer> peers) => peers.Aggregate(default(MeshCounts), static (sum, peer) => sum.Plus(peer.Counts));

    private static TimeSpan? Median(IEnumerable<MeshCheckPeer> peers)
    {
        TimeSpan[] times = [.. peers.Where(static peer => peer.Rtt is not null).Select(static peer => peer.Rtt!.Value).Order()];
        return times.Length == 0 ? null : times[times.Length / 2];
    }

    private static string Line(MeshCheckPeer peer) =>
        $"{peer.Name}{(peer.Zone.Length > 0 ? $" (zone {peer.Zone})" : "")}: {peer.Counts.Lost} of {peer.Counts.Ok + peer.Counts.Lost} lost in 60 s, {peer.Counts.LostForward} forward, {peer.Counts.LostReverse} reverse";

    private static string Word(CheckStatus status) => status.ToString().ToUpperInvariant();

    private static string Percent(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio * 100:0.##} %");

    private static string Milliseconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.###} ms");

    private sealed record Facts(int Peers, int Failing, MeshCounts All, MeshCounts Quiet, TimeSpan? Rtt);
}
