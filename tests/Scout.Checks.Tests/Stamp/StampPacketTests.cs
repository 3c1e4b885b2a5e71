using Scout.Checks.Stamp;

namespace Scout.Checks.Tests.Stamp;

public sealed class StampPacketTests
{
    // 2026-11-21 05:46:40 UTC and a quarter of a second: 1795240000 + 2208988800 = 0xEEAC2240, .25 = 0x40000000.
    private static readonly NtpTime Sent = new(0xEEAC2240_40000000);
    private static readonly ErrorEstimate Clock = new(0x8A05);
    private static readonly StampTlv Tlv = new(0x08b37c07b558d673, 0x1122334455667788, 0x6B012345, 0, StampAnswer.Request, StampFlags.Reactive);

    [Fact]
    public void A_bare_request_is_the_figure_of_the_rfc()
    {
        byte[] packet = new byte[44];
        StampPacket.WriteRequest(packet, 7, Sent, Clock, 0xABCD);
        Assert.Equal("00000007" + "EEAC224040000000" + "8A05" + "ABCD" + Zeros(28), Convert.ToHexString(packet));
    }

    [Fact]
    public void A_request_with_the_tlv_has_76_octets()
    {
        byte[] packet = new byte[76];
        StampPacket.WriteRequest(packet, 0x01020304, Sent, Clock, 0, Tlv);
        Assert.Equal(
            "01020304" + "EEAC224040000000" + "8A05" + "0000" + Zeros(28)
            + "80FC001C" + "08B37C07B558D673" + "1122334455667788" + "6B012345" + "00000000" + "00" + "01" + "0000",
            Convert.ToHexString(packet));
    }

    [Fact]
    public void Padding_fills_what_is_left()
    {
        byte[] packet = new byte[1472];
        StampPacket.WriteRequest(packet, 1, Sent, Clock, 0, Tlv);
        Assert.Equal("8001" + (1472 - 80).ToString("X4"), Convert.ToHexString(packet.AsSpan(76, 4)));
        byte[] bare = new byte[48];
        StampPacket.WriteRequest(bare, 1, Sent, Clock, 0);
        Assert.Equal("80010000", Convert.ToHexString(bare.AsSpan(44)));
    }

    [Theory]
    [InlineData(43, false, false)]
    [InlineData(44, false, true)]
    [InlineData(45, false, false)]
    [InlineData(47, false, false)]
    [InlineData(48, false, true)]
    [InlineData(44, true, false)]
    [InlineData(76, true, true)]
    [InlineData(79, true, false)]
    [InlineData(80, true, true)]
    [InlineData(65_507, true, true)]
    [InlineData(65_508, true, false)]
    public void Only_sizes_that_tlvs_can_fill_are_written(int size, bool withTlv, bool good)
    {
        Assert.Equal(good, StampPacket.IsSize(size, withTlv));
        Exception? error = Record.Exception(() =>
        {
            if (withTlv) StampPacket.WriteRequest(new byte[size], 1, Sent, Clock, 0, Tlv);
            else StampPacket.WriteRequest(new byte[size], 1, Sent, Clock, 0);
        });
        Assert.Equal(good, error is null);
    }

    [Fact]
    public void A_reply_carries_both_sides()
    {
        byte[] request = new byte[76];
        StampPacket.WriteRequest(request, 0x01020304, Sent, Clock, 0x0102, Tlv);
        byte[] reply = new byte[2000];
        var own = new StampReflection(
            9, new NtpTime(0xEEAC2240_50000000), new NtpTime(0xEEAC2240_50010000), new ErrorEstimate(0x0001), 61, 0x6B099999, StampAnswer.Me, StampFlags.ReflectorStalled);
        Assert.Equal(76, StampPacket.WriteReply(request, reply, own));
        Assert.Equal(
            "00000009" + "EEAC224050010000" + "0001" + "0102" + "EEAC224050000000" + "01020304" + "EEAC224040000000" + "8A05" + "0000" + "3D" + "000000"
            + "00FC001C" + "08B37C07B558D673" + "1122334455667788" + "6B012345" + "6B099999" + "01" + "03" + "0000",
            Convert.ToHexString(reply.AsSpan(0, 76)));

        Assert.True(StampPacket.TryReadReply(reply.AsSpan(0, 76), out StampReply read));
        Assert.Equal((9u, 0x01020304u, (ushort)0x0102, (byte)61), (read.Sequence, read.SenderSequence, read.SessionId, read.SenderTtl));
        Assert.Equal((Sent, Clock), (read.SenderTime, read.SenderError));
        Assert.Equal(StampTlvState.Good, read.TlvState);
        Assert.Equal(Tlv with { ReflectorIncarnation = 0x6B099999, Answer = StampAnswer.Me, Flags = StampFlags.Reactive | StampFlags.ReflectorStalled }, read.Tlv);
        Assert.Equal(0x10000 * 1_000_000_000L >> 32, read.ResidenceNanoseconds);
        Assert.False(read.HasOneWayDelay);
        Assert.True((read with { Error = Clock }).HasOneWayDelay);
    }

    [Fact]
    public void What_a_reflector_without_tlvs_gives_back_reads_as_unrecognised()
    {
        byte[] packet = new byte[76];
        StampPacket.WriteRequest(packet, 5, Sent, Clock, 0, Tlv);
        Assert.True(StampPacket.TryReadReply(packet, out StampReply reply));
        Assert.Equal(StampTlvState.Unrecognised, reply.TlvState);
        Assert.True(StampPacket.TryReadReply(packet.AsSpan(0, 44), out reply));
        Assert.Equal(StampTlvState.None, reply.TlvState);
    }

    [Theory]
    [InlineData("80FC001B", 31, StampTlvState.Malformed)]
    [InlineData("80FC001D", 33, StampTlvState.Malformed)]
    [InlineData("80FC001C", 31, StampTlvState.Malformed)]
    [InlineData("80FCFFFF", 32, StampTlvState.Malformed)]
    [InlineData("8003FFFF", 32, StampTlvState.None)]
    [InlineData("00000000", 32, StampTlvState.None)]
    [InlineData("80FC", 2, StampTlvState.None)]
    public void A_tlv_that_lies_about_its_length_is_not_believed(string start, int size, StampTlvState state)
    {
        byte[] packet = new byte[44 + size];
        Convert.FromHexString(start).CopyTo(packet.AsSpan(44));
        Assert.True(StampPacket.TryReadRequest(packet, out StampRequest request));
        Assert.Equal(state, request.TlvState);
        Assert.Equal(default, request.Tlv);
    }

    [Fact]
    public void The_flags_of_a_reply_say_which_tlv_was_understood()
    {
        // Location (unknown to Scout), padding, Scout's, Scout's again, and one that ends in nothing.
        byte[] request =
        [
            .. new byte[44],
            .. Convert.FromHexString("80020004" + "01020304" + "80010002" + "AAAA" + "80FC001C" + Zeros(28) + "80FC0000" + "A0050010" + "0000"),
        ];
        byte[] reply = new byte[request.Length];
        StampPacket.WriteReply(request, reply, default);
        byte[] flags = [reply[44], reply[52], reply[58], reply[90], reply[94]];
        Assert.Equal([0x80, 0x00, 0x00, 0x80, 0x40], flags);
        request[60] = 0;
        request[61] = 8;
        StampPacket.WriteReply(request, reply, default);
        Assert.Equal(StampPacket.Malformed, reply[58]);
    }

    [Fact]
    public void Short_packets_and_ptp_times_are_not_read()
    {
        for (int size = 0; size < 44; size++)
        {
            Assert.False(StampPacket.TryReadRequest(new byte[size], out _));
            Assert.False(StampPacket.TryReadReply(new byte[size], out _));
        }

        byte[] packet = new byte[44];
        StampPacket.SetSendTime(packet, Sent, new ErrorEstimate(0x4001));
        Assert.False(StampPacket.TryReadReply(packet, out _));
    }

    [Fact]
    public void Whatever_arrives_is_read_without_harm_and_a_reply_never_grows()
    {
        var random = new Random(7);
        byte[] reply = new byte[4096];
        for (int round = 0; round < 50_000; round++)
        {
            byte[] packet = new byte[random.Next(0, round % 10 == 0 ? 4096 : 160)];
            random.NextBytes(packet);
            if (packet.Length > 48 && random.Next(2) == 0) packet[45] = random.Next(2) == 0 ? StampPacket.ScoutType : StampPacket.PaddingType;
            if (packet.Length > 48 && random.Next(2) == 0) (packet[46], packet[47]) = (0, (byte)random.Next(40));
            bool read = StampPacket.TryReadRequest(packet, out _);
            StampPacket.TryReadReply(packet, out _);
            Assert.Equal(packet.Length >= 44, read);
            if (!read) continue;
            reply.AsSpan().Fill(0xEE);
            Assert.Equal(packet.Length, StampPacket.WriteReply(packet, reply, default));
            Assert.True(reply.AsSpan(packet.Length).IndexOfAnyExcept((byte)0xEE) < 0);
        }
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        byte[] request = new byte[1400];
        byte[] reply = new byte[1400];
        var own = new StampReflection(1, Sent, Sent, Clock, 64, 3, StampAnswer.Me, StampFlags.None);
        long Run()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (uint round = 0; round < 1000; round++)
            {
                StampPacket.WriteRequest(request, round, Sent, Clock, 0, Tlv);
                StampPacket.TryReadRequest(request, out _);
                StampPacket.WriteReply(request, reply, own);
                StampPacket.TryReadReply(reply, out _);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        Assert.Equal(0, Run());
    }

    private static string Zeros(int octets) => new('0', 2 * octets);
}
