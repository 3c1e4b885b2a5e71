using System.Text;
using Scout.Protocol.Rpc;

namespace Scout.Protocol.Tests.Rpc;

public sealed class RpcRoundTripTests
{
    public static TheoryData<RpcAction> Actions => [.. Enum.GetValues<RpcAction>()];

    [Theory]
    [MemberData(nameof(Actions))]
    public void A_request_is_read_as_it_was_written(RpcAction action)
    {
        RpcRequest request = RpcSamples.Request(action);
        byte[] bytes = RpcRequestWriter.ToBytes(request);
        Assert.True(RpcRequestReader.TryRead(action, bytes, out RpcRequest? read, out RpcProblem? problem), problem?.Message);
        Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(RpcRequestWriter.ToBytes(read)));
        Assert.Equal(action, read.Action);
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public void A_line_of_the_socket_is_read_as_it_was_written(RpcAction action)
    {
        byte[] line = RpcRequestWriter.ToLine(RpcSamples.Request(action));
        Assert.Equal((byte)'\n', line[^1]);
        Assert.True(RpcSocketLine.TryRead(line.AsMemory(..^1), out RpcRequest? read, out RpcProblem? problem, out bool isFrame), problem?.Message);
        Assert.True(isFrame);
        Assert.Equal(action, read.Action);
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public void A_reply_is_read_as_it_was_written(RpcAction action)
    {
        RpcReply reply = RpcSamples.Reply(action);
        byte[] bytes = RpcReplyWriter.ToBytes(reply);
        Assert.True(RpcReplyReader.TryRead(bytes, out RpcReply? read, out string? error), error);
        Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(RpcReplyWriter.ToBytes(read)));
        Assert.Equal(reply.Results[0].GetType(), read.Results[0].GetType());
    }
}
