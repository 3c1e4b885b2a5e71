using System.Text.Json;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Protocol.Tests.Events;

namespace Scout.Protocol.Tests.Rpc;

/// <summary>A request and a reply of each action.</summary>
internal static class RpcSamples
{
    private static readonly DateTimeOffset Time = new(2026, 11, 21, 0, 42, 51, 261, TimeSpan.Zero);

    public static RpcRequest Request(RpcAction action)
    {
        MachineSelection selection = MachineSelection.Of(["disk_root", "pay*"], [new("tier", "web")]);
        RpcArgs args = action switch
        {
            RpcAction.Ping => new PingArgs(),
            RpcAction.Facts => new FactsArgs(["os"]),
            RpcAction.Machines => new MachinesArgs(["disk_*"], LabelSelector.None.Add("team", "db"), ["OK", "CRITICAL"], "disk_a"),
            RpcAction.Machine => new MachineArgs("disk_root"),
            RpcAction.Check => new CheckArgs(selection, 5000),
            RpcAction.Transition => new TransitionArgs("web", "failed"),
            RpcAction.Maintenance => new MaintenanceArgs(selection, 7200, null, OpenEnded: false, "kernel update, ticket 4711"),
            RpcAction.Resume => new ResumeArgs(MachineSelection.Everything),
            RpcAction.Acknowledge => new AcknowledgeArgs(selection, Time, "known"),
            RpcAction.Mesh => new MeshArgs("n7"),
            RpcAction.Probe => new ProbeArgs("n7", 3),
            _ => new HistoryArgs(["disk_*", "_node"], [EventKind.Transition], Time, Time.AddHours(1), new EventSequence(1_795_221_600, 7), 100, 2000) { Audit = true },
        };
        return new RpcRequest
        {
            Id = "01a1fb93-4685-7a0f-95f5-5c94ec7de222",
            TtlMs = 7000,
            ReplySpreadMs = 10,
            Filter = new NodeFilter(["web*"], LabelSelector.None.Add("tier", "web")),
            Args = args,
        };
    }

    public static RpcReply Reply(RpcAction action)
    {
        MachineSummary summary = EventSamples.Data<StateData>("state full");
        summary = new StateData(summary);
        using JsonDocument document = JsonDocument.Parse("""{"os":"linux","cpus":2}""");
        JsonElement json = document.RootElement.Clone();
        RpcResult result = action switch
        {
            RpcAction.Ping => new PingResult { Version = "0.1.0", Started = Time, Machines = 3, Problems = 1, Outbox = new OutboxDepth(1, 2), Mode = "dev" },
            RpcAction.Facts => new FactsResult { Facts = json },
            RpcAction.Machines => new MachineLine { Machine = "disk_root", Record = summary },
            RpcAction.Machine => new MachineDetail
            {
                Machine = "disk_root",
                Record = summary,
                Transitions = [new TransitionInfo("RESUME", "UNKNOWN", "look again")],
                Watchers = [new WatcherInfo { Name = "check", Type = "nagios", Active = true, IntervalMs = 60_000 }],
                Result = new ResultInfo { Status = "OK", Reason = "exit", Output = "fine", Started = Time, Ended = Time, DurationMs = 1.5 },
                File = "/etc/scout/machines/disk.yaml",
                Data = json,
            },
            RpcAction.Check => new CheckResult { Machine = "disk_root", Code = RpcCode.Pending, From = "OK", To = "FORCE_CHECK" },
            RpcAction.Mesh => new MeshResult
            {
                Peer = new MeshPeer
                {
                    Node = "n7",
                    Zone = "a",
                    State = "up",
                    Address = "10.0.0.7",
                    Failing = true,
                    Sent = 60,
                    Lost = 30,
                    LostForward = 29,
                    LostReverse = 1,
                    Loss = 0.5,
                    RttMs = 0.21,
                    TcpOk = 5,
                    TcpFailed = 1,
                    TcpMs = 0.4,
                    Last = "lost",
                },
            },
            RpcAction.Probe => new MeshProbeResult { Target = "n7", Zone = "a", Proto = "udp", Sent = 2, Ok = 1, Outcomes = ["ok", "lost"], RttMs = [0.25] },
            RpcAction.History => new HistoryResult { Events = [json] },
            _ => new ChangeResult { Machine = "disk_root", Code = RpcCode.NotAllowed, Message = "no", From = "OK", Allowed = ["RESUME"], Until = Time },
        };
        return new RpcReply { Id = "a", Node = "web1", Action = RpcActions.Name(action), Code = result.Code, TookMs = 12, Results = [result], Truncated = 4 };
    }
}
