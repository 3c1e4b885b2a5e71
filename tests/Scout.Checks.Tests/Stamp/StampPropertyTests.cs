using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Scout.Checks.Stamp;

namespace Scout.Checks.Tests.Stamp;

public sealed class StampPropertyTests
{
    [Fact]
    public void What_a_sender_writes_a_reflector_reads_and_what_it_answers_the_sender_reads()
    {
        Gen<int> sizes = Gen.Choose(0, 200).Select(more => more < 4 ? StampPacket.TlvSize : StampPacket.TlvSize + more);
        Check.QuickThrowOnFailure(Prop.ForAll(Tlvs().ToArbitrary(), Numbers().ToArbitrary(), sizes.ToArbitrary(), (tlv, numbers, size) =>
        {
            byte[] packet = new byte[size];
            var error = new ErrorEstimate((ushort)(numbers.Small & 0xBFFF));
            StampPacket.WriteRequest(packet, numbers.Sequence, new NtpTime(numbers.Time), error, numbers.Small, tlv);
            var request = new StampRequest(numbers.Sequence, new NtpTime(numbers.Time), error, numbers.Small, StampTlvState.Good, tlv);
            bool sent = StampPacket.TryReadRequest(packet, out StampRequest read) && read == request;

            byte[] reply = new byte[size];
            var own = new StampReflection(~numbers.Sequence, new NtpTime(numbers.Time + 1), new NtpTime(numbers.Time + 2), error, 33, 77, StampAnswer.Leaving, StampFlags.ReflectorStalled);
            StampPacket.WriteReply(packet, reply, own);
            StampTlv told = tlv with
            {
                ReflectorIncarnation = 77,
                Answer = StampAnswer.Leaving,
                Flags = (tlv.Flags & StampFlags.Reactive) | StampFlags.ReflectorStalled,
            };
            var expected = new StampReply(
                ~numbers.Sequence, own.SendTime, error, numbers.Small, own.ReceiveTime, numbers.Sequence, new NtpTime(numbers.Time), error, 33, StampTlvState.Good, told);
            return sent && StampPacket.TryReadReply(reply, out StampReply answer) && answer == expected;
        }));
    }

    [Fact]
    public void What_looks_like_an_answer_of_any_reflector_gets_none()
    {
        Check.QuickThrowOnFailure(Prop.ForAll(Tlvs().ToArbitrary(), Numbers().ToArbitrary(), (tlv, numbers) =>
        {
            byte[] packet = new byte[StampPacket.TlvSize];
            StampPacket.WriteRequest(packet, numbers.Sequence, new NtpTime(numbers.Time), new ErrorEstimate(1), numbers.Small, tlv with { Answer = StampAnswer.Request });
            var reflector = new StampReflector(new StampReflectorOptions { Port = 8620, NodeId = 5, Sessions = 4, Addresses = 4 });
            byte[] reply = new byte[StampPacket.TlvSize];
            var arrival = new StampArrival(new StampSource(1, 40_000), 1, new NtpTime(numbers.Time | 1), new NtpTime(numbers.Time | 1), 64);
            int first = reflector.Reflect(packet, arrival, reply);
            byte[] again = new byte[StampPacket.TlvSize];
            return first == StampPacket.TlvSize && reflector.Reflect(reply, arrival, again) == 0 && reflector.Reflect(reply.AsSpan(0, StampPacket.BareSize), arrival, again) == 0;
        }));
    }

    [Fact]
    public void Times_differ_by_what_lies_between_them()
    {
        Check.QuickThrowOnFailure(Prop.ForAll(Numbers().ToArbitrary(), numbers =>
        {
            long start = (long)(numbers.Time >> 2);
            long later = numbers.Sequence * 1000L;
            long difference = NtpTime.FromUnixNanoseconds(start + later).NanosecondsSince(NtpTime.FromUnixNanoseconds(start));
            return Math.Abs(difference - later) <= 1;
        }));
    }

    private static Gen<(uint Sequence, ulong Time, ushort Small)> Numbers() => Bytes(14).Select(bytes =>
        (BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4)), BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(12))));

    private static Gen<StampTlv> Tlvs() => Bytes(26).Select(bytes => new StampTlv(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(16)),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(20)),
        (StampAnswer)(bytes[24] & 3),
        (StampFlags)bytes[25]));

    private static Gen<byte[]> Bytes(int count) => Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value), count);
}
