using System.Text;
using Scout.Nats.Protocol;

namespace Scout.Nats.Tests.Protocol;

[Trait("attack", "35")]
[Trait("attack", "A9")]
public sealed class FrameParserTests
{
    private const int MaxPayload = 1024;

    private const string Conversation =
        "INFO {\"server_id\":\"x\"}\r\nPING\r\nPONG\r\n+OK\r\n-ERR 'Stale Connection'\r\nMSG a.b 1 5\r\nhello\r\nmsg a.b 22 reply.to 0\r\n\r\n"
        + "HMSG a 3 r 18 22\r\nNATS/1.0\r\nA: b\r\n\r\nbody\r\nMSG\ta \t 4   2\r\n\r\n\r\n";

    private static readonly string[] Told =
    [
        "Info |{\"server_id\":\"x\"}", "Ping |", "Pong |", "Ok |", "Err |Stale Connection", "Msg 1 a.b  <hello>", "Msg 22 a.b reply.to <>",
        "HMsg 3 a r [NATS/1.0..A: b....] <body>", "Msg 4 a  <..>",
    ];

    [Fact]
    public void A_conversation_is_read_at_once() => Assert.Equal(Told, ReadAll(Conversation, [int.MaxValue]));

    [Fact]
    public void A_conversation_is_read_byte_by_byte() => Assert.Equal(Told, ReadAll(Conversation, [1]));

    [Fact]
    public void A_conversation_is_read_in_any_pieces()
    {
        var random = new Random(1);
        for (int round = 0; round < 2000; round++)
        {
            int[] pieces = [.. Enumerable.Range(0, 10).Select(_ => random.Next(1, 40))];
            Assert.Equal(Told, ReadAll(Conversation, pieces));
        }
    }

    [Fact]
    public void Any_bytes_give_a_frame_a_wish_or_a_violation()
    {
        var random = new Random(2);
        string[] parts = ["MSG ", "HMSG ", "INFO ", "PING", "\r\n", " ", "a.b ", "1 ", "5", "99999999999 ", "-1", "NATS/1.0\r\n", "\t", "\0", "-ERR ", "+OK", "{", "\n", "\r"];
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = round % 2 == 0
                ? Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => parts[random.Next(parts.Length)])))
                : RandomBytes(random);
            ParserState state = default;
            ReadOnlySpan<byte> rest = bytes;
            while (FrameParser.TryRead(rest, MaxPayload, ref state, out _, out int consumed, out _) == ParseStatus.Frame)
            {
                Assert.InRange(consumed, 1, rest.Length);
                rest = rest[consumed..];
            }
        }
    }

    [Theory]
    [InlineData("HELLO\r\n", "unknown verb")]
    [InlineData("\r\n", "unknown verb")]
    [InlineData("PING\n", "CRLF")]
    [InlineData("\n", "CRLF")]
    [InlineData("MSG\r\n", "number of arguments")]
    [InlineData("MSG a 1\r\n", "number of arguments")]
    [InlineData("MSG a 1 b 2 3\r\n", "number of arguments")]
    [InlineData("HMSG a 1 5\r\n", "number of arguments")]
    [InlineData("HMSG a 1 r 5 6 7 8\r\n", "number of arguments")]
    [InlineData("MSG a x 5\r\n", "subscription id")]
    [InlineData("MSG a -1 5\r\n", "subscription id")]
    [InlineData("MSG a 1 -5\r\n", "length")]
    [InlineData("MSG a 1 +5\r\n", "length")]
    [InlineData("MSG a 1 5x\r\n", "length")]
    [InlineData("MSG a 1 0x5\r\n", "length")]
    [InlineData("MSG a 1 12345678901\r\n", "length")]
    [InlineData("MSG a 1 2147483648\r\n", "max_payload")]
    [InlineData("MSG a 1 9999999999\r\n", "max_payload")]
    [InlineData("MSG a 1 1025\r\n", "max_payload")]
    [InlineData("HMSG a 1 10 5\r\n", "longer than the message")]
    [InlineData("HMSG a 1 -1 5\r\n", "header length")]
    [InlineData("HMSG a 1 99329 99330\r\n", "header part too long")]
    [InlineData("HMSG a 1 10 1040\r\n", "max_payload")]
    [InlineData("MSG a 1 2\r\nabc\r\n", "not followed by CRLF")]
    [InlineData("MSG a 1 2\r\nab\n\r", "not followed by CRLF")]
    public void A_broken_frame_is_a_violation(string text, string reason)
    {
        Assert.Contains(reason, ReadAll(text, [int.MaxValue])[^1]);
        Assert.Contains(reason, ReadAll(text, [1])[^1]);
    }

    [Fact]
    public void A_control_line_may_have_16_KiB_and_INFO_64()
    {
        Assert.Contains("too long", ReadAll("MSG " + new string('a', 16 * 1024), [1000])[^1]);
        Assert.Contains("too long", ReadAll("-ERR '" + new string('a', 17 * 1024) + "'\r\n", [int.MaxValue])[^1]);
        Assert.StartsWith("Info", ReadAll("INFO {" + new string(' ', 60 * 1024) + "}\r\n", [5000])[^1]);
        Assert.Contains("too long", ReadAll("INFO {" + new string(' ', 66 * 1024), [5000])[^1]);
    }

    [Fact]
    public void What_a_publisher_may_do_and_no_server_does_is_a_frame()
    {
        // Servers pass these on as they come.
        Assert.StartsWith("Msg", Assert.Single(ReadAll("MSG a\u0001b\u007f 1 2\r\nhi\r\n", [1])));
        Assert.StartsWith("Msg", Assert.Single(ReadAll("MSG " + new string('a', 8100) + " 123456 " + new string('r', 80) + " 2\r\nhi\r\n", [int.MaxValue])));
        Assert.StartsWith("Skip", Assert.Single(ReadAll("HMSG a 1 98305 98307\r\n" + new string('x', 98307) + "\r\n", [4000])));
    }

    [Fact]
    public void Of_an_error_512_bytes_are_kept() => Assert.Equal("Err |" + new string('a', 512), Assert.Single(ReadAll("-ERR '" + new string('a', 4000) + "'\r\n", [int.MaxValue])));

    [Fact]
    public void A_payload_is_not_looked_at_before_all_of_it_has_come()
    {
        byte[] bytes = Encoding.ASCII.GetBytes("MSG a 1 1000\r\n" + new string('x', 1000) + "\r\n");
        ParserState state = default;
        Assert.Equal(ParseStatus.NeedMore, FrameParser.TryRead(bytes.AsSpan(0, 20), MaxPayload, ref state, out _, out _, out _));
        Assert.Equal(bytes.Length, state.Need);
    }

    private static byte[] RandomBytes(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 64)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static List<string> ReadAll(string text, int[] pieces)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        List<string> told = [];
        ParserState state = default;
        int start = 0;
        int end = 0;
        for (int i = 0; end < bytes.Length; i++)
        {
            end = (int)Math.Min(bytes.Length, (long)end + pieces[i % pieces.Length]);
            while (true)
            {
                ParseStatus status = FrameParser.TryRead(bytes.AsSpan(start, end - start), MaxPayload, ref state, out Frame frame, out int consumed, out string violation);
                if (status == ParseStatus.NeedMore) break;
                if (status == ParseStatus.Violation) return [.. told, violation];
                told.Add(Tell(frame));
                start += consumed;
            }
        }

        return told;
    }

    private static string Tell(in Frame frame)
    {
        if (frame.Kind is not (FrameKind.Msg or FrameKind.HMsg)) return $"{frame.Kind} |{Encoding.ASCII.GetString(frame.Text)}";
        string headers = frame.Kind == FrameKind.HMsg ? $" [{Shown(frame.Headers)}]" : "";
        return $"{frame.Kind} {frame.Sid} {Shown(frame.Subject)} {Shown(frame.ReplyTo)}{headers} <{Shown(frame.Payload)}>";
    }

    private static string Shown(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes).Replace('\r', '.').Replace('\n', '.');
}
