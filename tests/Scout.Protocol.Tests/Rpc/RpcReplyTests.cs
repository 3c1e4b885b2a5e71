using System.Text;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Protocol.Tests.Events;

namespace Scout.Protocol.Tests.Rpc;

public sealed class RpcReplyTests
{
    [Fact]
    public void Results_beyond_120_kibibytes_are_counted_and_asked_for_with_after()
    {
        MachineSummary summary = new StateData(EventSamples.Data<StateData>("state plain"));
        RpcReply reply = Reply([.. Enumerable.Range(0, 1000).Select(i => new MachineLine { Machine = $"m{i:D4}", Record = summary })]);
        byte[] bytes = RpcReplyWriter.ToBytes(reply);
        Assert.InRange(bytes.Length, RpcLimits.MaxReply - 1000, RpcLimits.MaxReply);
        Assert.True(RpcReplyReader.TryRead(bytes, out RpcReply? read, out string? error), error);
        Assert.Equal(1000, read.Results.Length + read.Truncated);
        Assert.Equal($"m{read.Results.Length - 1:D4}", read.Results[^1].Machine);
    }

    [Fact]
    public void A_result_that_is_too_large_alone_is_said_to_be_so()
    {
        MachineSummary summary = new StateData(EventSamples.Data<StateData>("state plain")) { Output = new string('x', 200_000) };
        RpcReply reply = Reply([new MachineLine { Machine = "big", Record = summary }, new MachineLine { Machine = "small" }]);
        Assert.True(RpcReplyReader.TryRead(RpcReplyWriter.ToBytes(reply), out RpcReply? read, out string? error), error);
        Assert.Equal(RpcCode.Internal, read.Results[0].Code);
        Assert.Equal("big", read.Results[0].Machine);
        Assert.Equal("small", read.Results[1].Machine);
    }

    [Fact]
    public void A_line_ends_with_one_line_feed_and_has_none_inside()
    {
        byte[] line = RpcReplyWriter.ToLine(Reply([new MachineLine { Machine = "a", Message = "two\nlines" }]));
        Assert.Equal(1, line.Count(b => b == (byte)'\n'));
        Assert.Equal((byte)'\n', line[^1]);
    }

    [Fact]
    public void Codes_are_words_in_snake_case_and_unknown_ones_are_internal()
    {
        foreach (RpcCode code in Enum.GetValues<RpcCode>()) Assert.Equal(code, RpcCodes.Parse(RpcCodes.Name(code)));
        Assert.Equal("unknown_action", RpcCodes.Name(RpcCode.UnknownAction));
        Assert.Equal(RpcCode.Internal, RpcCodes.Parse("brand_new"));
        Assert.Equal(RpcCode.Internal, RpcCodes.Parse(null));
    }

    [Fact]
    public void The_sum_of_results_is_their_common_code_or_partial()
    {
        Assert.Equal(RpcCode.Ok, RpcReply.Sum([new ChangeResult(), new ChangeResult()]));
        Assert.Equal(RpcCode.NotAllowed, RpcReply.Sum([new ChangeResult { Code = RpcCode.NotAllowed }]));
        Assert.Equal(RpcCode.Partial, RpcReply.Sum([new ChangeResult(), new ChangeResult { Code = RpcCode.Denied }]));
        Assert.Equal(RpcCode.NotFound, RpcReply.Sum([]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"schema\":\"io.scout.rpc.reply.v1\"}")]
    [InlineData("{\"schema\":\"io.scout.rpc.reply.v1\",\"node\":\"a.b\"}")]
    [InlineData("{\"schema\":\"io.scout.rpc.reply.v2\",\"node\":\"web1\"}")]
    [InlineData("{\"schema\":\"io.scout.rpc.reply.v1\",\"node\":\"web1\",\"action\":\"check\",\"results\":[null]}")]
    [InlineData("{\"schema\":\"io.scout.rpc.reply.v1\",\"node\":\"web1\",\"action\":\"check\",\"results\":[{\"hard\":\"yes\"}]}")]
    public void What_is_no_reply_is_refused_with_a_reason(string json)
    {
        Assert.False(RpcReplyReader.TryRead(Encoding.UTF8.GetBytes(json), out _, out string? error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void Fields_of_a_newer_node_are_stepped_over()
    {
        const string Json = """{"schema":"io.scout.rpc.reply.v1","node":"web1","action":"check","code":"ok","new":{},"results":[{"machine":"a","code":"ok","later":[1]}]}""";
        Assert.True(RpcReplyReader.TryRead(Encoding.UTF8.GetBytes(Json), out RpcReply? read, out string? error), error);
        Assert.Equal("a", read.Results[0].Machine);
    }

    private static RpcReply Reply(RpcResult[] results) => new() { Id = "a", Node = "web1", Action = "machines", Code = RpcCode.Ok, Results = [.. results] };
}
