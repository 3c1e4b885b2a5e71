using System.Net;
using Scout.Checks.Stamp;

namespace Scout.Checks.Tests.Stamp;

public sealed class StampReflectorTests
{
    private const long Second = 1_000_000_000;
    private const ulong Self = 0x5E1F;
    private readonly byte[] reply = new byte[2048];
    private long now = 10 * Second;

    [Fact]
    public void Each_sender_has_a_counter_of_its_own()
    {
        StampReflector reflector = Reflector();
        Assert.Equal([0u, 1u, 2u], Enumerable.Range(0, 3).Select(index => Ask(reflector, Request(sender: 1, sequence: (uint)index * 5)).Sequence));
        Assert.Equal(0u, Ask(reflector, Request(sender: 2)).Sequence);
        Assert.Equal(3u, Ask(reflector, Request(sender: 1), port: 50_000).Sequence);
        Assert.Equal(0u, Ask(reflector, Request(sender: 1, incarnation: 8)).Sequence);
        Assert.Equal(0u, Ask(reflector, Request(sender: 1, session: 1)).Sequence);
        Assert.Equal(new StampReflectorCounters(7, 0, 0, 0, 0), reflector.Counters);
    }

    [Fact]
    public void Without_the_tlv_address_port_and_ssid_make_the_session()
    {
        StampReflector reflector = Reflector();
        Assert.Equal(0u, Ask(reflector, Bare()).Sequence);
        Assert.Equal(1u, Ask(reflector, Bare()).Sequence);
        Assert.Equal(0u, Ask(reflector, Bare(), port: 40_001).Sequence);
        Assert.Equal(0u, Ask(reflector, Bare(), address: "10.0.0.9").Sequence);
        Assert.Equal(0u, Ask(reflector, Bare(session: 3)).Sequence);
    }

    [Fact]
    public void Times_numbers_and_ttl_come_back()
    {
        byte[] request = Request(sender: 1, sequence: 77);
        StampReply answer = Ask(Reflector(), request, ttl: 61);
        Assert.Equal((77u, (byte)61), (answer.SenderSequence, answer.SenderTtl));
        Assert.Equal(new NtpTime(111), answer.SenderTime);
        Assert.Equal((new NtpTime(1000), new NtpTime(2000)), (answer.ReceiveTime, answer.SendTime));
        Assert.Equal((StampTlvState.Good, 42u), (answer.TlvState, answer.Tlv.ReflectorIncarnation));
    }

    [Fact]
    public void It_says_whether_it_is_the_one_who_is_meant()
    {
        StampReflector reflector = Reflector();
        Assert.Equal(StampAnswer.Me, Ask(reflector, Request(sender: 1, target: Self)).Tlv.Answer);
        Assert.Equal(StampAnswer.Me, Ask(reflector, Request(sender: 1, target: 0)).Tlv.Answer);
        Assert.Equal(StampAnswer.NotMe, Ask(reflector, Request(sender: 1, target: 99)).Tlv.Answer);
        Assert.Equal(1, reflector.Counters.NotMe);
        reflector.IsLeaving = true;
        Assert.Equal(StampAnswer.Leaving, Ask(reflector, Request(sender: 1, target: Self)).Tlv.Answer);
        Assert.Equal(StampAnswer.NotMe, Ask(reflector, Request(sender: 1, target: 99)).Tlv.Answer);
        Assert.Equal(StampAnswer.Me, Ask(Reflector(new StampReflectorOptions()), Request(sender: 1, target: 99)).Tlv.Answer);
    }

    [Fact]
    public void It_tells_its_stalls_and_keeps_the_senders_flag()
    {
        StampReflector reflector = Reflector();
        Assert.Equal(StampFlags.Reactive, Ask(reflector, Request(sender: 1, flags: StampFlags.Reactive)).Tlv.Flags);
        reflector.HasStalled = true;
        Assert.Equal(StampFlags.ReflectorStalled, Ask(reflector, Request(sender: 1)).Tlv.Flags);

        // A sender cannot put words into the reflector's mouth.
        reflector.HasStalled = false;
        Assert.Equal(StampFlags.None, Ask(reflector, Request(sender: 1, flags: StampFlags.ReflectorStalled | StampFlags.Stateless)).Tlv.Flags);
    }

    [Fact]
    public void Full_of_sessions_it_answers_without_state_and_says_so()
    {
        StampReflector reflector = Reflector(new StampReflectorOptions { Sessions = 3, PacketsASecondAnAddress = 2000 });
        for (uint sender = 1; sender <= 3; sender++) Ask(reflector, Request(sender));
        StampReply answer = Ask(reflector, Request(sender: 4, sequence: 1234));
        Assert.Equal((1234u, StampFlags.Stateless), (answer.Sequence, answer.Tlv.Flags));
        Assert.Equal(1u, Ask(reflector, Request(sender: 2)).Sequence);
        Assert.Equal((4, 1), (reflector.Counters.Answered, reflector.Counters.Stateless));
        now += 61 * Second;
        Assert.Equal(0u, Ask(reflector, Request(sender: 4, sequence: 5)).Sequence);
        Assert.Equal(3, reflector.SessionCount);
    }

    [Fact]
    public void An_idle_session_starts_again_at_zero()
    {
        StampReflector reflector = Reflector();
        Ask(reflector, Request(sender: 1));
        now += 60 * Second;
        Assert.Equal(1u, Ask(reflector, Request(sender: 1)).Sequence);
        now += (60 * Second) + 1;
        Assert.Equal(0u, Ask(reflector, Request(sender: 1)).Sequence);
    }

    [Theory]
    [InlineData(1023, false)]
    [InlineData(53, false)]
    [InlineData(0, false)]
    [InlineData(1024, true)]
    [InlineData(8620, false)]
    [InlineData(862, true)]
    public void Ports_that_could_belong_to_another_service_get_no_answer(ushort port, bool answers)
    {
        StampReflector reflector = Reflector(new StampReflectorOptions { Port = 8620, AllowedSourcePorts = [862] });
        Assert.Equal(answers, Reflect(reflector, Request(sender: 1), port: port) > 0);
        Assert.Equal(answers ? 0 : 1, reflector.Counters.Refused);
    }

    [Fact]
    public void Only_addresses_on_the_list_get_answers_when_there_is_one()
    {
        StampReflector reflector = Reflector();
        UInt128 friend = StampSource.From(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 1)).Address;
        reflector.Allow = address => address == friend;
        Assert.True(Reflect(reflector, Request(sender: 1)) > 0);
        Assert.Equal(0, Reflect(reflector, Request(sender: 1), address: "10.0.0.2"));
        Assert.Equal(1, reflector.Counters.Refused);
    }

    [Fact]
    public void Too_short_and_too_long_packets_get_no_answer()
    {
        StampReflector reflector = Reflector();
        Assert.Equal(0, Reflect(reflector, new byte[43]));
        Assert.Equal(0, Reflect(reflector, []));
        Assert.Equal(0, Reflect(reflector, new byte[2049]));
        Assert.Equal(2048, Reflect(reflector, new byte[2048]));
        Assert.Equal(3, reflector.Counters.Refused);
    }

    [Fact]
    public void Two_reflectors_that_face_each_other_fall_silent()
    {
        // Whatever starts it, with or without the TLV, and also when their ports differ.
        foreach (byte[] spark in new[] { Request(sender: 1), Request(sender: 1, target: Self), Bare(), new byte[44], [.. Bare(), 0, 0, 0] })
        {
            StampReflector left = Reflector(new StampReflectorOptions { Port = 8620 });
            StampReflector right = Reflector(new StampReflectorOptions { Port = 8621 });
            byte[] packet = spark;
            int flights = 0;
            for (; flights < 10; flights++)
            {
                (StampReflector to, ushort from) = flights % 2 == 0 ? (left, (ushort)8621) : (right, (ushort)8620);
                int size = Reflect(to, packet, port: from);
                if (size == 0) break;
                packet = reply[..size];
            }

            Assert.Equal(1, flights);
        }
    }

    [Fact]
    public void A_reply_is_not_answered_even_when_padding_hides_what_it_is()
    {
        StampReflector reflector = Reflector();
        int size = Reflect(reflector, Request(sender: 1));
        Assert.Equal(0, Reflect(reflector, reply[..size].ToArray()));

        // A TWAMP sender fills the rest of the head with noise: that is a request.
        byte[] noisy = Bare();
        noisy.AsSpan(16).Fill(0x5A);
        Assert.Equal(44, Reflect(reflector, noisy));
    }

    [Fact]
    public void At_most_200_answers_a_second_go_to_an_address_and_2000_to_all()
    {
        StampReflector reflector = Reflector();
        Assert.Equal(200, Enumerable.Range(0, 500).Count(_ => Reflect(reflector, Request(sender: 1)) > 0));
        Assert.Equal(300, reflector.Counters.Limited);
        Assert.Equal(1, Enumerable.Range(0, 1).Count(_ => Reflect(reflector, Request(sender: 1), address: "10.0.0.2") > 0));
        Assert.Equal(1799, Enumerable.Range(0, 3000).Count(index => Reflect(reflector, Request(sender: 1), address: $"10.1.{index / 250}.{index % 250}") > 0));
        now += Second;
        Assert.Equal(200, Enumerable.Range(0, 500).Count(_ => Reflect(reflector, Request(sender: 1)) > 0));
    }

    [Fact]
    public void Millions_of_forged_senders_cost_no_memory_and_no_known_session()
    {
        StampReflector reflector = Reflector(new StampReflectorOptions { Sessions = 64, Addresses = 64, PacketsASecond = int.MaxValue, PacketsASecondAnAddress = int.MaxValue });
        Ask(reflector, Request(sender: 1));
        byte[] forged = Request(sender: 2);
        var random = new Random(1);
        void Flood(int packets)
        {
            for (int index = 0; index < packets; index++)
            {
                random.NextBytes(forged.AsSpan(48, 8));
                var source = new StampSource(new UInt128(0, (ulong)random.NextInt64()), 40_000);
                reflector.Reflect(forged, new StampArrival(source, now, default, default, 64), reply);
            }
        }

        Flood(10_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Flood(100_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(64, reflector.SessionCount);
        Assert.Equal(1u, Ask(reflector, Request(sender: 1)).Sequence);
    }

    [Fact]
    public void Answering_allocates_nothing()
    {
        StampReflector reflector = Reflector(new StampReflectorOptions { PacketsASecondAnAddress = 1_000_000, PacketsASecond = 1_000_000 });
        byte[] request = Request(sender: 1);
        var source = new StampSource(1, 40_000);
        long Run()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int round = 0; round < 1000; round++) reflector.Reflect(request, new StampArrival(source, now, default, default, 64), reply);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Run();
        Assert.Equal(0, Run());
        Assert.Equal(2000, reflector.Counters.Answered);
    }

    [Fact]
    public void Noise_never_gets_more_back_than_it_brought()
    {
        StampReflector reflector = Reflector(new StampReflectorOptions { Port = 8620, Sessions = 16, PacketsASecond = 100_000, PacketsASecondAnAddress = 100_000 });
        var random = new Random(11);
        for (int round = 0; round < 50_000; round++)
        {
            byte[] packet = new byte[random.Next(0, 200)];
            random.NextBytes(packet);
            now += random.Next(0, 1_000_000);
            int size = Reflect(reflector, packet, port: (ushort)random.Next(65_536));
            Assert.True(size == 0 || size == packet.Length);
        }

        Assert.Equal(50_000, reflector.Counters.Answered + reflector.Counters.Stateless + reflector.Counters.Refused + reflector.Counters.Limited);
    }

    private int Reflect(StampReflector reflector, byte[] packet, string address = "10.0.0.1", ushort port = 40_000, byte ttl = 64)
    {
        var source = StampSource.From(new IPEndPoint(IPAddress.Parse(address), port));
        return reflector.Reflect(packet, new StampArrival(source, now, new NtpTime(1000), new NtpTime(2000), ttl), reply);
    }

    private StampReply Ask(StampReflector reflector, byte[] packet, string address = "10.0.0.1", ushort port = 40_000, byte ttl = 64)
    {
        int size = Reflect(reflector, packet, address, port, ttl);
        Assert.Equal(packet.Length, size);
        Assert.True(StampPacket.TryReadReply(reply.AsSpan(0, size), out StampReply answer));
        return answer;
    }

    private static byte[] Bare(ushort session = 0)
    {
        byte[] packet = new byte[44];
        StampPacket.WriteRequest(packet, 0, new NtpTime(111), ErrorEstimate.Unsynchronised, session);
        return packet;
    }

    private static byte[] Request(
        ulong sender, uint sequence = 0, uint incarnation = 7, ulong target = Self, ushort session = 0, StampFlags flags = StampFlags.None)
    {
        byte[] packet = new byte[76];
        var tlv = new StampTlv(sender, target, incarnation, 0, StampAnswer.Request, flags);
        StampPacket.WriteRequest(packet, sequence, new NtpTime(111), ErrorEstimate.Unsynchronised, session, tlv);
        return packet;
    }

    private static StampReflector Reflector(StampReflectorOptions? options = null) =>
        new(options is null ? new StampReflectorOptions { NodeId = Self, Incarnation = 42, Port = 8620 } : options with { Incarnation = 42 });
}
