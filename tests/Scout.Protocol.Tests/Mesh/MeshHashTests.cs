using Scout.Protocol.Mesh;

namespace Scout.Protocol.Tests.Mesh;

public sealed class MeshHashTests
{
    [Fact]
    public void The_vectors_of_the_specification_hold()
    {
        Assert.Equal(0x08b37c07b558d673UL, NodeId.Of("n0"));
        Assert.Equal(0x5692161d100b05e5UL, MeshHash.Mix(1));
        Assert.Equal(0x6401c4a877e40bdcUL, MeshHash.H(1, NodeId.Of("n0")));
    }

    [Theory]
    [InlineData("", 0xcbf29ce484222325UL)]
    [InlineData("a", 0xaf63dc4c8601ec8cUL)]
    [InlineData("foobar", 0x85944171f73967e8UL)]
    public void The_id_is_fnv_1a_of_the_name(string name, ulong id) => Assert.Equal(id, NodeId.Of(name));

    [Fact]
    public void The_phase_of_a_path_is_not_that_of_the_way_back()
    {
        ulong a = NodeId.Of("n0");
        ulong b = NodeId.Of("n1");
        Assert.NotEqual(MeshHash.P(a, b), MeshHash.P(b, a));
        Assert.Equal(MeshHash.Mix(a ^ ((b << 32) | (b >> 32))), MeshHash.P(a, b));
    }

    [Fact]
    public void Sixteen_probes_in_a_row_use_sixteen_ports()
    {
        ulong phase = MeshHash.P(NodeId.Of("n0"), NodeId.Of("n1"));
        Assert.Equal(Enumerable.Range(0, 16), Enumerable.Range(0, 16).Select(sequence => MeshHash.PortIndex(phase, (uint)sequence)).Order());
        // The counter wraps at 2^32, a multiple of 16, so the turn goes on.
        Assert.Equal((MeshHash.PortIndex(phase, uint.MaxValue) + 1) % 16, MeshHash.PortIndex(phase, 0));
    }
}
