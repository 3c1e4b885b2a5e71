using System.Text;
using Scout.Protocol.Security.Signing;

namespace Scout.Protocol.Tests.Security.Signing;

public sealed class SignedLinesTests
{
    private const string Nonce = "AAECAwQFBgcICQoLDA0ODw";

    [Fact]
    public void The_lines_are_those_of_the_specification()
    {
        byte[] lines = SignedLines.Of("scout.rpc.node.web1.ping", 1795251600250, Nonce, "{}"u8);
        Assert.Equal(
            "scout-rpc-1\nscout.rpc.node.web1.ping\n1795251600250\n" + Nonce + "\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            Encoding.UTF8.GetString(lines));
    }

    [Fact]
    public void Each_part_changes_the_lines()
    {
        byte[][] all =
        [
            SignedLines.Of("scout.rpc.node.a.ping", 1, Nonce, "{}"u8),
            SignedLines.Of("scout.rpc.node.b.ping", 1, Nonce, "{}"u8),
            SignedLines.Of("scout.rpc.node.a.ping", 2, Nonce, "{}"u8),
            SignedLines.Of("scout.rpc.node.a.ping", 1, Nonce[..^1] + "x", "{}"u8),
            SignedLines.Of("scout.rpc.node.a.ping", 1, Nonce, "{ }"u8),
        ];
        Assert.Equal(all.Length, all.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void A_nonce_is_sixteen_bytes_as_twenty_two_characters()
    {
        Assert.Equal(Nonce, SignedLines.Nonce([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]));
        Assert.Throws<ArgumentException>(() => SignedLines.Nonce([1, 2, 3]));
    }

    [Fact]
    public void Headers_are_read_as_they_were_written()
    {
        byte[] signature = [.. Enumerable.Range(0, 64).Select(i => (byte)(i * 3))];
        Assert.True(RequestSignature.TryRead(SignedLines.Headers("a.b.c", 1795251600250, Nonce, signature), out RequestSignature? read, out _));
        Assert.Equal(("a.b.c", 1795251600250, Nonce), (read.Jwt, read.TimeMs, read.Nonce));
        Assert.Equal(signature, read.Signature.ToArray());
    }

    [Theory]
    [InlineData(SigningHeaders.Caller)]
    [InlineData(SigningHeaders.Time)]
    [InlineData(SigningHeaders.Nonce)]
    [InlineData(SigningHeaders.Signature)]
    public void Each_header_stands_there_exactly_once(string name)
    {
        List<KeyValuePair<string, string>> headers = [.. Good()];
        KeyValuePair<string, string> one = headers.Single(header => header.Key == name);
        Assert.Equal(SignatureFaults.Unsigned, Why(headers.Where(header => header.Key != name)));
        Assert.Equal(SignatureFaults.Doubled, Why([.. headers, new(name.ToUpperInvariant(), one.Value)]));
    }

    [Theory]
    [InlineData("Nats-Stream")]
    [InlineData("nats-msg-id")]
    [InlineData("NATS-Subject")]
    public void A_header_of_servers_is_refused(string name) => Assert.Equal(SignatureFaults.Steered, Why([.. Good(), new(name, "x")]));

    [Fact]
    public void The_header_of_an_account_import_is_not() => Assert.Null(Why([.. Good(), new("Nats-Request-Info", "{}")]));

    [Theory]
    [InlineData(SigningHeaders.Time, "-1")]
    [InlineData(SigningHeaders.Time, "")]
    [InlineData(SigningHeaders.Time, " 1")]
    [InlineData(SigningHeaders.Time, "01")]
    [InlineData(SigningHeaders.Time, "1e3")]
    [InlineData(SigningHeaders.Time, "99999999999999999999")]
    [InlineData(SigningHeaders.Nonce, "")]
    [InlineData(SigningHeaders.Nonce, "AAECAwQFBgcICQoLDA0OD")]
    [InlineData(SigningHeaders.Nonce, "AAECAwQFBgcICQoLDA0OD+")]
    [InlineData(SigningHeaders.Nonce, "AAECAwQFBgcICQoLDA0ODwx")]
    [InlineData(SigningHeaders.Signature, "")]
    [InlineData(SigningHeaders.Signature, "AAAA")]
    [InlineData(SigningHeaders.Signature, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA!")]
    [InlineData(SigningHeaders.Signature, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB")]
    public void A_header_that_is_not_well_formed_is_refused(string name, string value)
    {
        KeyValuePair<string, string>[] headers = [.. Good().Select(header => header.Key == name ? new(name, value) : header)];
        Assert.Equal(SignatureFaults.Malformed, Why(headers));
    }

    [Fact]
    public void A_long_token_is_refused_before_it_is_read()
    {
        Assert.Null(Why(SignedLines.Headers(new string('a', SigningLimits.MaxJwt), 1, Nonce, new byte[64])));
        Assert.Equal(SignatureFaults.LongJwt, Why(SignedLines.Headers(new string('a', SigningLimits.MaxJwt + 1), 1, Nonce, new byte[64])));
    }

    private static IReadOnlyList<KeyValuePair<string, string>> Good() => SignedLines.Headers("a.b.c", 1795251600250, Nonce, new byte[64]);

    private static string? Why(IEnumerable<KeyValuePair<string, string>> headers) => RequestSignature.TryRead(headers, out _, out string? why) ? null : why;
}
