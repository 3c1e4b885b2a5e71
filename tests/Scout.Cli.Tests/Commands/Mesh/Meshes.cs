using System.Collections.Immutable;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Protocol.Mesh;
using Scout.Protocol.Rpc;
using Scout.Testing;

namespace Scout.Cli.Tests.Commands.Mesh;

/// <summary>A fleet of a thousand nodes with two faults, and nodes that tell of their peers.</summary>
internal static class Meshes
{
    public static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 42, 19, TimeSpan.Zero);

    public static MeshSummary Summary(params MeshFault[] faults) => new()
    {
        Broker = "hub",
        At = Now.AddSeconds(-1),
        Nodes = 1000,
        Zones = 5,
        Rings = 10,
        Paths = 10_000,
        ProbesPerSecond = 12,
        WindowS = 30,
        Reporting = 1000,
        Loss = 0.000004,
        RttP50Ms = 0.21,
        RttP99Ms = 0.94,
        Late = 0,
        Stalled = 0.0002,
        Maintenance = ["n12 (cordoned)"],
        Suspects = faults.Count(fault => fault.State == MeshFaultState.Suspect),
        Confirmed = faults.Count(fault => fault.State == MeshFaultState.Confirmed),
        Faults = [.. faults.Select(fault => fault.Id)],
    };

    public static MeshFault Egress { get; } = new()
    {
        Id = "f-7c21a0",
        State = MeshFaultState.Confirmed,
        Kind = MeshFaultKind.Node,
        Component = "n7",
        Direction = MeshFaultDirection.Egress,
        What = MeshFaultTrouble.Loss,
        Text = "node n7 egress",
        Loss = 0.38,
        Confidence = 1 - 1e-9,
        Since = Now.AddSeconds(-72),
        Confirmed = Now.AddSeconds(-70.2),
        At = Now.AddSeconds(-1),
        Evidence = new MeshEvidence
        {
            Paths = 20,
            FailingPaths = 20,
            FarEnds = 20,
            FailingFarEnds = 20,
            Sent = 200,
            Lost = 76,
            Forward = 48,
            Reverse = 2,
            WindowS = 5,
            Failing = [new MeshExample("n7", "n3", 10, 6, MeshFaultDirection.Forward), new MeshExample("n11", "n7", 10, 4, MeshFaultDirection.Reverse)],
            Witnesses = [new MeshWitness("n2", "a", 5, 3), new MeshWitness("n44", "b", 5, 4)],
            Trace = "lost after hop 1",
        },
    };

    public static MeshFault Zones { get; } = Egress with
    {
        Id = "f-90b3e4",
        State = MeshFaultState.Suspect,
        Kind = MeshFaultKind.ZonePair,
        Component = "a/b",
        Direction = MeshFaultDirection.Forward,
        Text = "zone a to zone b",
        Loss = 0.048,
        Confidence = 0.9732,
        Since = Now.AddSeconds(-1),
        Confirmed = null,
        Evidence = new MeshEvidence { Paths = 402, FailingPaths = 61, FarEnds = 0, FailingFarEnds = 0, Sent = 1000, Lost = 48, Ports = [3, 9] },
    };

    public static ZoneMatrix Matrix { get; } = new()
    {
        At = Now.AddSeconds(-1),
        WindowS = 30,
        Zones = ["a", "b", "c"],
        Cells =
        [
            new ZoneCell("a", "a", 1000, 0, 0.2, 0.9, 0), new ZoneCell("a", "b", 1000, 0.048, 0.31, 40.2, 0.1), new ZoneCell("b", "a", 1000, 0.0471, 0.3, 41, 0.1),
            new ZoneCell("b", "b", 1000, 0.00001, 0.2, 1, 0), new ZoneCell("c", "a", 1000, 0, 0.4, 1.1, null),
        ],
    };

    /// <summary>A node that tells of these peers, and lets itself be asked to probe.</summary>
    public static FakeNode Node(string name, string zone, params MeshPeer[] peers) => new(name)
    {
        Instead = request => request.Args switch
        {
            MeshArgs => Reply(name, "mesh",
            [
                new MeshResult
                {
                    Code = RpcCode.Ok,
                    Self = new MeshSelf
                    {
                        State = "up", Zone = zone, Members = 4, Rings = 0, Neighbours = peers.Length, InProbers = 3, InProbersExpected = 3, SuspectSelf = false,
                        Loss = 0.02, RttP50Ms = 0.2, RttP99Ms = 1.5, Late = 1, Stalled = 0, Source = "roster", RosterAgeS = 4, Conflicts = 2,
                    },
                },
                .. peers.Select(peer => new MeshResult { Code = RpcCode.Ok, Peer = peer }),
            ]),
            ProbeArgs { Target: "n9" } => Reply(name, "probe", [new MeshProbeResult { Code = RpcCode.NotFound, Message = "no peer of that name", Target = "n9", Proto = "udp", Sent = 0, Ok = 0 }]),
            ProbeArgs probe => Reply(name, "probe",
            [
                new MeshProbeResult
                {
                    Code = RpcCode.Ok, Target = probe.Target, Zone = "b", Proto = probe.Tcp ? "tcp" : "udp", Sent = probe.Packets, Ok = probe.Tcp ? 1 : probe.Packets - 1,
                    Outcomes = [.. Enumerable.Range(0, probe.Packets).Select(i => i == 0 && !probe.Tcp ? "lost" : "ok")],
                    RttMs = [.. Enumerable.Range(0, probe.Tcp ? 1 : probe.Packets - 1).Select(i => 0.2 + (i / 100.0))],
                },
            ]),
            _ => null,
        },
    };

    public static MeshPeer Peer(string name, bool failing = false) => new()
    {
        Node = name,
        Zone = "b",
        State = "up",
        Address = "10.0.0.9",
        Failing = failing,
        Sent = 60,
        Lost = failing ? 30 : 0,
        LostForward = failing ? 28 : 0,
        LostReverse = failing ? 2 : 0,
        Loss = failing ? 0.5 : 0,
        RttMs = 0.21,
        TcpOk = 6,
        TcpFailed = failing ? 2 : 0,
        TcpMs = 0.7,
        Last = failing ? "lost" : "ok",
    };

    public static async Task<FakeFleet> FleetAsync(params MeshFault[] faults)
    {
        FakeFleet fleet = await FakeFleet.StartAsync();
        await fleet.MeshAsync();
        await fleet.PutMeshAsync("summary", Summary(faults).ToBytes());
        await fleet.PutMeshAsync("matrix.zone", Matrix.ToBytes());
        foreach (MeshFault fault in faults) await fleet.PutMeshAsync("fault." + fault.Id, fault.ToBytes());
        return fleet;
    }

    public static FakeConsole Console(int? width = null, DateTimeOffset? now = null) => new() { Time = new ManualTime(now ?? Now), Width = width, OutIsTerminal = false };

    private static RpcReply Reply(string node, string action, params ImmutableArray<RpcResult> results) => new()
    {
        Id = "",
        Node = node,
        Action = action,
        Code = RpcReply.Sum(results),
        Results = results,
    };
}
