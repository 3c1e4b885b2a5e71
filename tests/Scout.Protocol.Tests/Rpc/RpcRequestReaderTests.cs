using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Scout.Protocol.Rpc;

namespace Scout.Protocol.Tests.Rpc;

public sealed class RpcRequestReaderTests
{
    public static TheoryData<RpcAction, string, string> Bad => new()
    {
        { RpcAction.Ping, """{"extra":1}""", "args.extra" },
        { RpcAction.Ping, """{"machine":"a"}""", "args.machine" },
        { RpcAction.Facts, """{"keys":"os"}""", "args.keys" },
        { RpcAction.Facts, """{"keys":[1]}""", "args.keys" },
        { RpcAction.Facts, """{"keys":[""]}""", "args.keys" },
        { RpcAction.Machines, """{"machines":["a b"]}""", "args.machines" },
        { RpcAction.Machines, """{"machines":["/etc/passwd"]}""", "args.machines" },
        { RpcAction.Machines, """{"labels":{"a b":"c"}}""", "args.labels" },
        { RpcAction.Machines, """{"labels":{"a":1}}""", "args.labels.a" },
        { RpcAction.Machines, """{"labels":{"a":"1","a":"2"}}""", "args.labels.a" },
        { RpcAction.Machines, """{"states":["O K"]}""", "args.states" },
        { RpcAction.Machines, """{"after":"*"}""", "args.after" },
        { RpcAction.Machine, "{}", "args.machine" },
        { RpcAction.Machine, """{"machine":"disk_*"}""", "args.machine" },
        { RpcAction.Machine, """{"machine":null}""", "args.machine" },
        { RpcAction.Machine, """{"machine":"a","machine":"b"}""", "args.machine" },
        { RpcAction.Check, "{}", "nothing is selected" },
        { RpcAction.Check, """{"machines":[]}""", "nothing is selected" },
        { RpcAction.Check, """{"labels":{}}""", "nothing is selected" },
        { RpcAction.Check, """{"all":false}""", "nothing is selected" },
        { RpcAction.Check, """{"all":"true"}""", "args.all" },
        { RpcAction.Check, """{"all":true,"machines":["a"]}""", "args.all" },
        { RpcAction.Check, """{"all":true,"wait_ms":100001}""", "args.wait_ms" },
        { RpcAction.Check, """{"all":true,"wait_ms":-1}""", "args.wait_ms" },
        { RpcAction.Check, """{"all":true,"wait_ms":1.5}""", "args.wait_ms" },
        { RpcAction.Check, """{"all":true,"waitMs":1}""", "args.waitMs" },
        { RpcAction.Transition, """{"machine":"web"}""", "args.transition" },
        { RpcAction.Transition, """{"machine":"web","transition":"a;b"}""", "args.transition" },
        { RpcAction.Transition, """{"machine":"web","transition":"failed","command":"rm"}""", "args.command" },
        { RpcAction.Maintenance, """{"all":true}""", "exactly one of" },
        { RpcAction.Maintenance, """{"all":true,"for_s":60,"open_ended":true}""", "exactly one of" },
        { RpcAction.Maintenance, """{"all":true,"for_s":0}""", "args.for_s" },
        { RpcAction.Maintenance, """{"all":true,"for_s":31536001}""", "args.for_s" },
        { RpcAction.Maintenance, """{"all":true,"until":"tomorrow"}""", "args.until" },
        { RpcAction.Maintenance, """{"all":true,"for_s":60,"caller":"root"}""", "args.caller" },
        { RpcAction.Resume, """{"reason":"x"}""", "nothing is selected" },
        { RpcAction.Resume, """{"all":true,"reason":"x"}""", "args.reason" },
        { RpcAction.Acknowledge, """{"machines":["a"],"for_s":1}""", "args.for_s" },
        { RpcAction.History, """{"kinds":["lifecycle"]}""", "args.kinds" },
        { RpcAction.History, """{"after":"1"}""", "args.after" },
        { RpcAction.History, """{"limit":1001}""", "args.limit" },
        { RpcAction.History, """{"limit":0}""", "args.limit" },
        { RpcAction.History, """{"wait_ms":30001}""", "args.wait_ms" },
        { RpcAction.Mesh, """{"after":"A"}""", "args.after" },
        { RpcAction.Mesh, """{"peer":"n7"}""", "args.peer" },
        { RpcAction.Probe, "{}", "args.target" },
        { RpcAction.Probe, """{"target":"10.0.0.1"}""", "args.target" },
        { RpcAction.Probe, """{"target":"n7","packets":6}""", "args.packets" },
        { RpcAction.Probe, """{"target":"n7","packets":0}""", "args.packets" },
        { RpcAction.Probe, """{"target":"n7","proto":"icmp"}""", "args.proto" },
        { RpcAction.Probe, """{"target":"n7","proto":"tcp","packets":2}""", "args.packets" },
        { RpcAction.Probe, """{"target":"n7","port":22}""", "args.port" },
        { RpcAction.Ping, "[]", "args" },
        { RpcAction.Ping, "null", "args" },
    };

    public static TheoryData<string, string> BadFrames => new()
    {
        { """{"schema":"io.scout.rpc.request.v1"}""", "'id'" },
        { """{"schema":"io.scout.rpc.request.v1","id":""}""", "'id'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a b"}""", "'id'" },
        { """{"schema":"io.scout.rpc.request.v1","id":7}""", "'id'" },
        { """{"id":"a"}""", "'schema'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","who":"root"}""", "'who'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","id":"b"}""", "'id'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","ttl_ms":0}""", "'ttl_ms'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","ttl_ms":"5"}""", "'ttl_ms'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","reply_spread_ms":30001}""", "'reply_spread_ms'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","filter":{"node":["web*"]}}""", "'filter.node'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","filter":[]}""", "'filter'" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","filter":{"nodes":["a.b"]}}""", "'filter.nodes'" },
        { "[]", "object" },
        { "7", "object" },
        { "", "JSON" },
        { "{", "JSON" },
        { """{"schema":"io.scout.rpc.request.v1","id":"a","args":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}""", "JSON" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Bad_arguments_are_refused_and_the_field_is_named(RpcAction action, string args, string named)
    {
        RpcProblem problem = Refused(action, $$"""{"schema":"io.scout.rpc.request.v1","id":"r1","args":{{args}}}""");
        Assert.Equal(RpcCode.BadRequest, problem.Code);
        Assert.Contains(named, problem.Message, StringComparison.Ordinal);
        Assert.Equal("r1", problem.Id);
    }

    [Theory]
    [MemberData(nameof(BadFrames))]
    public void Bad_requests_are_refused_and_the_field_is_named(string json, string named)
    {
        RpcProblem problem = Refused(RpcAction.Ping, json);
        Assert.Equal(RpcCode.BadRequest, problem.Code);
        Assert.Contains(named, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_schema_is_unsupported_before_its_fields_are_looked_at()
    {
        RpcProblem problem = Refused(RpcAction.Ping, """{"schema":"io.scout.rpc.request.v2","id":"a","new":1}""");
        Assert.Equal(RpcCode.Unsupported, problem.Code);
        Assert.Contains(RpcRequest.Schema, problem.Message, StringComparison.Ordinal);
        Assert.Equal("a", problem.Id);
    }

    [Fact]
    public void A_request_over_64_kibibytes_is_refused_unread()
    {
        byte[] json = new byte[RpcLimits.MaxRequest + 1];
        Assert.False(RpcRequestReader.TryRead(RpcAction.Ping, json, out _, out RpcProblem? problem));
        Assert.Contains("65536 bytes", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reasons_up_to_500_characters_are_taken_with_whatever_is_in_them()
    {
        string reason = "\u001b[31m\n\"" + new string('ü', 490);
        var request = new RpcRequest { Id = "a", Args = new MaintenanceArgs(MachineSelection.Everything, 60, null, OpenEnded: false, reason) };
        Assert.True(RpcRequestReader.TryRead(RpcAction.Maintenance, RpcRequestWriter.ToBytes(request), out RpcRequest? read, out _));
        Assert.Equal(reason, ((MaintenanceArgs)read.Args).Reason);
        request = request with { Args = new MaintenanceArgs(MachineSelection.Everything, 60, null, OpenEnded: false, new string('x', 501)) };
        Assert.False(RpcRequestReader.TryRead(RpcAction.Maintenance, RpcRequestWriter.ToBytes(request), out _, out RpcProblem? problem));
        Assert.Contains("args.reason", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_message_quotes_cannot_drive_a_terminal()
    {
        RpcProblem problem = Refused(RpcAction.Ping, """{"schema":"io.scout.rpc.request.v1","id":"a","\u001b[31m":1}""");
        Assert.DoesNotContain('\u001b', problem.Message);
        Assert.Contains("\\u001b", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_are_five_seconds_and_no_spread()
    {
        Assert.True(RpcRequestReader.TryRead(RpcAction.Ping, """{"schema":"io.scout.rpc.request.v1","id":"a"}"""u8.ToArray(), out RpcRequest? request, out _));
        Assert.Equal((5000, 0, null), (request.TtlMs, request.ReplySpreadMs, request.Filter));
    }

    [Theory]
    [InlineData("""{"action":"ping","request":{"schema":"io.scout.rpc.request.v1","id":"a"}}""", null, true)]
    [InlineData("""{"action":"reboot","request":{"schema":"io.scout.rpc.request.v1","id":"a"}}""", RpcCode.UnknownAction, true)]
    [InlineData("""{"action":"ping","request":{"id":"a"}}""", RpcCode.BadRequest, true)]
    [InlineData("""{"action":"ping","request":{},"caller":"root"}""", RpcCode.BadRequest, false)]
    [InlineData("""{"action":"ping"}""", RpcCode.BadRequest, false)]
    [InlineData("""{"request":{}}""", RpcCode.BadRequest, false)]
    [InlineData("GET / HTTP/1.1", RpcCode.BadRequest, false)]
    [InlineData("", RpcCode.BadRequest, false)]
    public void Lines_of_the_socket_are_frames_or_not(string line, RpcCode? code, bool frame)
    {
        bool read = RpcSocketLine.TryRead(Encoding.UTF8.GetBytes(line), out _, out RpcProblem? problem, out bool isFrame);
        Assert.Equal(code is null, read);
        Assert.Equal(code, problem?.Code);
        Assert.Equal(frame && !read, problem?.Action is { Length: > 0 });
        Assert.Equal(frame, isFrame);
    }

    [Fact]
    public void Whatever_the_bytes_are_reading_ends_with_yes_or_no() => Prop.ForAll<byte[]>(bytes =>
    {
        bool read = RpcRequestReader.TryRead(RpcAction.Check, bytes, out RpcRequest? request, out RpcProblem? problem);
        bool line = RpcSocketLine.TryRead(bytes, out RpcRequest? other, out RpcProblem? wrong, out _);
        return read == (request is not null) && read == (problem is null) && line == (other is not null) && line == (wrong is null);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_request_with_any_byte_changed_ends_with_yes_or_no()
    {
        foreach (RpcAction action in Enum.GetValues<RpcAction>())
        {
            byte[] valid = RpcRequestWriter.ToBytes(RpcSamples.Request(action));
            for (int i = 0; i < valid.Length; i++)
            {
                byte[] broken = [.. valid];
                broken[i] = (byte)(i % 3 == 0 ? 0xFF : i % 3 == 1 ? (byte)'"' : (byte)'\\');
                bool read = RpcRequestReader.TryRead(action, broken, out RpcRequest? request, out RpcProblem? problem);
                Assert.Equal(read, request is not null);
                Assert.Equal(read, problem is null);
            }
        }
    }

    [Fact]
    public void An_empty_selection_cannot_even_be_made() => Assert.Throws<ArgumentException>(() => MachineSelection.Of([]));

    [Fact]
    public void A_selection_wants_a_name_and_all_labels()
    {
        var labels = new Dictionary<string, string> { ["tier"] = "web", ["team"] = "db" };
        MachineSelection selection = MachineSelection.Of(["disk_*", "load"], [new("tier", "web")]);
        Assert.True(selection.Matches("disk_root", labels));
        Assert.True(selection.Matches("load", labels));
        Assert.False(selection.Matches("swap", labels));
        Assert.False(selection.Matches("load", new Dictionary<string, string>()));
        Assert.True(MachineSelection.Everything.Matches("swap", labels));
        Assert.Equal(["load"], selection.Missing(name => name == "other"));
    }

    [Fact]
    public void A_node_filter_wants_a_name_and_all_labels()
    {
        var filter = new NodeFilter(["web*"], LabelSelector.None.Add("zone", "a"));
        Assert.True(filter.Matches("web1", new Dictionary<string, string> { ["zone"] = "a" }));
        Assert.False(filter.Matches("db1", new Dictionary<string, string> { ["zone"] = "a" }));
        Assert.False(filter.Matches("web1", new Dictionary<string, string> { ["zone"] = "b" }));
        Assert.True(new NodeFilter([], LabelSelector.None).Matches("db1", new Dictionary<string, string>()));
    }

    private static RpcProblem Refused(RpcAction action, string json)
    {
        Assert.False(RpcRequestReader.TryRead(action, Encoding.UTF8.GetBytes(json), out RpcRequest? request, out RpcProblem? problem));
        Assert.Null(request);
        return problem;
    }
}
