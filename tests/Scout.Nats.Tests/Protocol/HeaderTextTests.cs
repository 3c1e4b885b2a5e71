using System.Text;
using Scout.Nats.Protocol;

namespace Scout.Nats.Tests.Protocol;

public sealed class HeaderTextTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        var random = new Random(4);
        for (int round = 0; round < 500; round++)
        {
            var headers = new NatsHeaders();
            for (int i = random.Next(5); i >= 0; i--) headers.Add($"Name-{random.Next(3)}", string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => "aä: %\"€x"[random.Next(8)])).Trim());
            byte[]? scratch = null;
            ReadOnlySpan<byte> part = PublishHeaders.Encode(headers, null, ref scratch);
            Assert.Equal(HeaderText.Length(headers), part.Length);
            Assert.True(HeaderText.Read(part, out NatsHeaders read));
            Assert.Equal(headers.Pairs, read.Pairs);
        }
    }

    [Theory]
    [InlineData("NATS/1.0\r\n\r\n", 0, "")]
    [InlineData("NATS/1.0 503\r\n\r\n", 503, "")]
    [InlineData("NATS/1.0 409 Consumer Deleted\r\n\r\n", 409, "Consumer Deleted")]
    [InlineData("NATS/1.0   100   Idle Heartbeat  \r\n\r\n", 100, "Idle Heartbeat")]
    [InlineData("NATS/1.0 5x3 What\r\n\r\n", 0, "")]
    [InlineData("NATS/1.0 5034\r\n\r\n", 0, "")]
    [InlineData("NATS/1.0 50\r\n\r\n", 0, "")]
    public void A_status_is_three_digits_or_none(string part, int code, string text)
    {
        Assert.True(HeaderText.Read(Encoding.UTF8.GetBytes(part), out NatsHeaders headers));
        Assert.Equal((code, text), (headers.Code, headers.MessageText));
    }

    [Theory]
    [InlineData("", 0, "")]
    [InlineData("garbage", 0, "")]
    [InlineData("NATS/1.0", 0, "")]
    [InlineData("NATS/1.0\r\n", 0, "")]
    [InlineData("NATS/1.0\r\nA: b\r\n", 0, "A=b")]
    [InlineData("NATS/1.0\r\nA: b", 0, "A=b")]
    [InlineData("HTTP/1.1\r\nA: b\r\n\r\n", 0, "A=b")]
    [InlineData("NATS/1.05\r\nA: b\r\n\r\n", 0, "A=b")]
    [InlineData("NATS/1.0\r\nno colon\r\nA: b\r\n\r\n", 0, "A=b")]
    [InlineData("NATS/1.0 404\r\n: no name\r\nA: b\r\n\r\n", 404, "A=b")]
    [InlineData("NATS/1.0\r\n\r\nNats-Stream: S\r\n\r\n", 0, "Nats-Stream=S")]
    [InlineData("garbaNats-Stream: S\r\nNats-Sequence: 7\r\n\r\n", 0, "garbaNats-Stream=S Nats-Sequence=7")]
    public void Of_a_broken_header_part_what_can_be_read_is_given(string part, int code, string pairs)
    {
        Assert.False(HeaderText.Read(Encoding.UTF8.GetBytes(part), out NatsHeaders headers));
        Assert.Equal((code, pairs), (headers.Code, string.Join(' ', headers.Pairs.Select(static one => $"{one.Name}={one.Value}"))));
    }

    [Fact]
    public void Any_bytes_are_read_without_an_error_and_no_line_is_given_twice()
    {
        var random = new Random(11);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] part = new byte[random.Next(60)];
            for (int i = 0; i < part.Length; i++) part[i] = (byte)"NATS/1.0 \r\n:ab\0\u00ff"[random.Next(16)];
            HeaderText.Read(part, out NatsHeaders headers);
            Assert.True(headers.Pairs.Count <= part.Count(static one => one == (byte)':'));
        }
    }

    [Fact]
    public void JetStream_headers_are_written_without_a_collection()
    {
        byte[]? scratch = null;
        string text = Encoding.ASCII.GetString(PublishHeaders.Encode(
            new NatsHeaders { ["X"] = "y" },
            new PublishHeaders { MsgId = "1", ExpectedStream = "S", ExpectedLastMsgId = "0", ExpectedLastSequence = 5, ExpectedLastSubjectSequence = 0 },
            ref scratch));
        Assert.Equal(
            "NATS/1.0\r\nX: y\r\nNats-Msg-Id: 1\r\nNats-Expected-Stream: S\r\nNats-Expected-Last-Msg-Id: 0\r\n"
            + "Nats-Expected-Last-Sequence: 5\r\nNats-Expected-Last-Subject-Sequence: 0\r\n\r\n", text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("ä")]
    [InlineData("a\r\nb")]
    public void A_bad_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => new NatsHeaders { { name, "x" } });

    [Theory]
    [InlineData("a\rb")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public void A_value_that_would_end_its_line_is_refused(string value) => Assert.Throws<ArgumentException>(() => new NatsHeaders { ["A"] = value });

    [Fact]
    public void Names_are_found_without_case_and_replaced_as_a_whole()
    {
        var headers = new NatsHeaders { { "A", "1" }, { "a", "2" }, { "B", "3" } };
        Assert.Equal(["A", "B"], headers.Keys);
        Assert.True(headers.TryGetLastValue("A", out string? last));
        Assert.Equal("2", last);
        headers["a"] = "4";
        Assert.Equal("4", headers["A"].ToString());
        Assert.Equal(2, headers.Count);
        Assert.True(headers.Remove("b"));
        Assert.False(headers.ContainsKey("B"));
    }
}
