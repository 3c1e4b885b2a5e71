using System.Text;
using Scout.Nats.Protocol;

namespace Scout.Nats.Tests.Protocol;

public sealed class FrameWriterTests
{
    [Fact]
    public void A_publish_is_written_as_PUB() => Assert.Equal("PUB a.b 2\r\nhi\r\n", Write(new PublishFrame { Subject = "a.b", Payload = "hi"u8 }));

    [Fact]
    public void A_reply_subject_stands_before_the_length() =>
        Assert.Equal("PUB a r 0\r\n\r\n", Write(new PublishFrame { Subject = "a", ReplyTo = "r" }));

    [Fact]
    public void A_reply_token_is_added_to_the_inbox() =>
        Assert.Equal("PUB a _INBOX.x.18446744073709551615 0\r\n\r\n", Write(new PublishFrame { Subject = "a", ReplyTo = "_INBOX.x.", ReplyToken = ulong.MaxValue }));

    [Fact]
    public void Headers_make_it_HPUB_with_both_lengths() => Assert.Equal(
        "HPUB a r 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n",
        Write(new PublishFrame { Subject = "a", ReplyTo = "r", Headers = "NATS/1.0\r\nA: b\r\n\r\n"u8, Payload = "hi"u8 }));

    [Fact]
    public void A_frame_never_exceeds_its_bound()
    {
        var random = new Random(3);
        for (int i = 0; i < 2000; i++)
        {
            string subject = string.Concat(Enumerable.Range(0, random.Next(1, 80)).Select(_ => "aä€"[random.Next(3)]));
            var frame = new PublishFrame { Subject = subject, ReplyTo = random.Next(2) == 0 ? "" : subject, Payload = new byte[random.Next(300)], ReplyToken = (ulong)random.NextInt64() };
            byte[] to = new byte[FrameWriter.MaxPublishLength(frame)];
            Assert.InRange(FrameWriter.WritePublish(to, frame), 1, to.Length);
        }
    }

    [Fact]
    public void Subscriptions_are_written_with_queue_and_end()
    {
        byte[] to = new byte[200];
        Assert.Equal("SUB a.* 7\r\n", Encoding.ASCII.GetString(to, 0, FrameWriter.WriteSubscribe(to, "a.*", null, 7)));
        Assert.Equal("SUB a.> q 8\r\n", Encoding.ASCII.GetString(to, 0, FrameWriter.WriteSubscribe(to, "a.>", "q", 8)));
        Assert.Equal("UNSUB 7\r\n", Encoding.ASCII.GetString(to, 0, FrameWriter.WriteUnsubscribe(to, 7, 0)));
        Assert.Equal("UNSUB 7 3\r\n", Encoding.ASCII.GetString(to, 0, FrameWriter.WriteUnsubscribe(to, 7, 3)));
    }

    private static string Write(in PublishFrame frame)
    {
        byte[] to = new byte[FrameWriter.MaxPublishLength(frame)];
        return Encoding.UTF8.GetString(to, 0, FrameWriter.WritePublish(to, frame));
    }
}
