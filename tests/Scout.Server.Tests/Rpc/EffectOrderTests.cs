using System.Globalization;
using System.Text.Json;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Server.Rpc;
using Scout.Server.Store;
using Scout.Server.Tests.Histories;
using Scout.Server.Tests.Outbox;
using Scout.Server.Tests.Store;
using Scout.Testing;
using Step = Scout.Server.Tests.Store.Step;

namespace Scout.Server.Tests.Rpc;

/// <summary>First the row of the audit is on disk, then the effect begins (security.md 7): what may happen between the two.</summary>
public sealed class EffectOrderTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly FaultFiles files = new();
    private readonly ModelNode node;
    private int ids;

    public EffectOrderTests()
    {
        node = new ModelNode(time, files, new ScriptedStream(), new HistoryChecker(time, History.Whole), new Random(1), NewId, []);
        node.Start(History.Whole, connected: true);
        node.Live(TimeSpan.FromSeconds(40));
    }

    [Fact]
    public void Nothing_is_done_before_the_row_is_on_disk()
    {
        Task<RpcReply> reply = Ask(Maintenance("disk"));
        node.Loop.Turn();
        Assert.NotEqual("MAINTENANCE", State("disk"));
        Assert.Equal(RpcCode.Ok, Settled(reply).Code);
        Assert.Equal("MAINTENANCE", State("disk"));
    }

    [Fact]
    public void What_a_slow_disk_kept_beyond_its_time_does_not_begin_any_more()
    {
        Task<RpcReply> reply = Ask(Maintenance("disk"));
        node.Loop.Turn();
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(RpcCode.Expired, Settled(reply).Code);
        Assert.NotEqual("MAINTENANCE", State("disk"));
        Assert.Equal(["allowed ok", "refused expired"], Rows("r1"));
    }

    [Fact]
    public void Of_two_that_were_allowed_at_once_the_second_is_refused_when_the_first_left_it_nothing_and_the_audit_says_so()
    {
        Assert.Equal(RpcCode.Ok, Settled(Ask(Maintenance("disk"))).Code);
        Task<RpcReply> first = Ask(new ResumeArgs(MachineSelection.Of(["disk"])));
        Task<RpcReply> second = Ask(new ResumeArgs(MachineSelection.Of(["disk"])));
        Assert.Equal((RpcCode.Ok, RpcCode.NotAllowed), (Settled(first).Code, Settled(second).Code));
        Assert.Equal(["allowed ok"], Rows("r2"));
        Assert.Equal(["allowed ok", "allowed not_allowed"], Rows("r3"));
    }

    [Fact]
    public void A_request_whose_row_met_a_full_disk_may_be_asked_anew_and_is_then_done()
    {
        files.Fault = static (step, _) => step is Step.Write or Step.Create ? new IOException("No space left on device") : null;
        Assert.Equal(RpcCode.Internal, Settled(Ask(Maintenance("disk"))).Code);
        Assert.NotEqual("MAINTENANCE", State("disk"));
        files.Fault = null;
        node.Live(TimeSpan.FromSeconds(2));
        Assert.NotEqual("MAINTENANCE", State("disk"));
        ids--;
        Assert.Equal(RpcCode.Ok, Settled(Ask(Maintenance("disk"))).Code);
        Assert.Equal("MAINTENANCE", State("disk"));
    }

    public void Dispose() => node.Dispose();

    private static MaintenanceArgs Maintenance(string machine) => new(MachineSelection.Of([machine]), 60, null, OpenEnded: false, "work");

    private RpcReply Settled(Task<RpcReply> reply)
    {
        node.Settle();
        return reply.IsCompleted ? reply.GetAwaiter().GetResult() : throw new InvalidOperationException("not answered");
    }

    private Task<RpcReply> Ask(RpcArgs args)
    {
        var request = new RpcRequest { Id = string.Create(CultureInfo.InvariantCulture, $"r{++ids}"), Args = args };
        var answer = new TaskCompletionSource<RpcReply>();
        var empty = new RpcReply { Id = request.Id, Node = "web1", Action = RpcActions.Name(request.Action), Code = RpcCode.Ok };
        node.Loop.Post(() => node.Effects.Do(request, new RpcCaller("anna", IsLocal: true), empty, time.GetTimestamp(), answer));
        return answer.Task;
    }

    private string? State(string machine) => node.Core.Host.Find(machine)?.State;

    private string[] Rows(string request) =>
    [
        .. node.Store.History(new HistoryQuery { Limit = 1_000 }).Events.Select(item => JsonDocument.Parse(item.Bytes).RootElement)
            .Where(one => one.GetProperty("type").GetString() == "io.scout.node.audit.v1" && one.GetProperty("data").GetProperty("request").GetString() == request)
            .Select(one => $"{one.GetProperty("data").GetProperty("decision").GetString()} {one.GetProperty("data").GetProperty("code").GetString()}"),
    ];

    private Guid NewId() => Guid.CreateVersion7(time.GetUtcNow());
}
