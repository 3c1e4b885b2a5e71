using Scout.Checks.Probes.Icmp;

namespace Scout.Checks.Tests.Probes.Icmp;

public sealed class IcmpPacketTests
{
    [Fact]
    public void A_request_is_the_figure_of_the_rfc()
    {
        byte[] packet = [0, 0, 0, 0, 0, 0, 0, 0, (byte)'a', (byte)'b', (byte)'c'];
        IcmpPacket.WriteRequest(packet, v6: false, 0x1234, 7);

        // 0800 + 1234 + 0007 + 6162 + 6300 = DE9D; its complement is 2162.
        Assert.Equal("0800" + "2162" + "1234" + "0007" + "616263", Convert.ToHexString(packet));
        Assert.Equal(0, IcmpPacket.Checksum(packet));
        IcmpPacket.WriteRequest(packet, v6: true, 0x1234, 7);
        Assert.Equal("8000" + "0000" + "1234" + "0007" + "616263", Convert.ToHexString(packet));
    }

    [Theory]
    [InlineData("0000000012340007AA", false, true)]
    [InlineData("8100000012340007AA", true, true)]
    [InlineData("0800000012340007AA", false, false)]
    [InlineData("8000000012340007AA", true, false)]
    [InlineData("0001000012340007AA", false, false)]
    [InlineData("00000000123400", false, false)]
    [InlineData("", false, false)]
    public void Only_replies_are_replies(string hex, bool v6, bool good)
    {
        bool read = IcmpPacket.TryReadReply(Convert.FromHexString(hex), v6, out ushort id, out ushort sequence, out ReadOnlySpan<byte> payload);
        Assert.Equal(good, read);
        if (good) Assert.Equal((0x1234, 7, "AA"), (id, sequence, Convert.ToHexString(payload)));
    }

    [Fact]
    public void The_head_of_ip_is_taken_off_as_long_as_it_says_the_truth()
    {
        Assert.Equal("00", Convert.ToHexString(IcmpPacket.WithoutIpHead([0x45, .. new byte[19], 0])));
        Assert.Equal("", Convert.ToHexString(IcmpPacket.WithoutIpHead([0x4F, .. new byte[19], 0])));
        Assert.Equal("", Convert.ToHexString(IcmpPacket.WithoutIpHead([0x41, .. new byte[19], 0])));
        Assert.Equal("", Convert.ToHexString(IcmpPacket.WithoutIpHead([0x65, .. new byte[19], 0])));
        var random = new Random(2);
        for (int round = 0; round < 10_000; round++)
        {
            byte[] noise = new byte[random.Next(0, 100)];
            random.NextBytes(noise);
            IcmpPacket.TryReadReply(IcmpPacket.WithoutIpHead(noise), v6: false, out _, out _, out _);
        }
    }
}
