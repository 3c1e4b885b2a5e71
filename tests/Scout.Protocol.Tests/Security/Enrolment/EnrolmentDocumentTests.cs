using System.Text;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Protocol.Tests.Security.Enrolment;

public sealed class EnrolmentDocumentTests
{
    private static readonly string Key = "U" + new string('A', 55);
    private static readonly string OtherKey = "U" + new string('B', 55);
    private static readonly string Nonce = new('n', 22);
    private static readonly string Signature = new('s', 86);

    [Fact]
    public void A_token_is_read_as_it_was_written_and_its_text_is_of_a_size_for_a_file()
    {
        EnrolmentToken token = Token();
        Assert.True(EnrolmentToken.TryParse(token.ToText() + "\n", out EnrolmentToken? read, out string? error), error);
        Assert.Equal(token.Urls, read.Urls);
        Assert.Equal(token with { Urls = [] }, read with { Urls = [] });
        Assert.InRange(token.ToText().Length, 100, 4000);
    }

    [Fact]
    public void A_token_does_not_print_its_secret()
    {
        string shown = Token().ToString();
        Assert.DoesNotContain(Token().Seed, shown, StringComparison.Ordinal);
        Assert.DoesNotContain(Token().Jwt, shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "begin with")]
    [InlineData("scout-enroll-2.e30", "begin with")]
    [InlineData("scout-enroll-1.", "damaged")]
    [InlineData("scout-enroll-1.!!", "damaged")]
    [InlineData("scout-enroll-1.e30", "damaged")]
    public void A_damaged_token_says_so(string text, string why)
    {
        Assert.False(EnrolmentToken.TryParse(text, out _, out string? error));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nats://broker:4222")]
    [InlineData("tls://user:secret@broker")]
    [InlineData("broker")]
    public void A_token_that_leads_to_a_plain_line_is_refused(string url)
    {
        Assert.False(EnrolmentToken.TryParse((Token() with { Urls = [url] }).ToText(), out _, out string? error));
        Assert.Contains("tls://", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_cut_anywhere_is_refused_without_an_exception()
    {
        string text = Token().ToText();
        for (int length = 0; length < text.Length; length++)
        {
            if (EnrolmentToken.TryParse(text[..length], out _, out _)) Assert.Fail($"{length} characters were enough");
        }
    }

    [Fact]
    public void A_request_is_read_as_it_was_written()
    {
        EnrolmentRequest request = Request() with { NewKey = OtherKey, NewProof = Signature };
        Assert.True(EnrolmentRequest.TryRead(request.ToBytes(), out EnrolmentRequest? read, out string? error), error);
        Assert.Equal(request, read);
        Assert.DoesNotContain(Signature, request.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"node\":\"web-17\"", "\"node\":\"*\"", "node name")]
    [InlineData("\"node\":\"web-17\"", "\"node\":\">\"", "node name")]
    [InlineData("\"node\":\"web-17\"", "\"node\":\"a.b\"", "node name")]
    [InlineData("\"node\":\"web-17\"", "\"node\":\"A\"", "node name")]
    [InlineData("\"node\":\"web-17\"", "\"node\":\"\"", "node name")]
    [InlineData("\"node\":\"web-17\"", "\"node\":\"ü\"", "node name")]
    [InlineData("\"node\":\"web-17\"", "\"node\":\"a\",\"node\":\"b\"", "twice")]
    [InlineData("\"node\":\"web-17\"", "\"node\":\"web-17\",\"groups\":[\"db\"]", "unknown field 'groups'")]
    [InlineData("\"time\":1", "\"time\":-1", "time")]
    [InlineData("\"time\":1", "\"tine\":1", "time")]
    [InlineData("nnnnnnnnnnnnnnnnnnnnnn", "short", "nonce")]
    [InlineData("request.v1", "request.v2", "not spoken")]
    public void A_request_with_a_bad_field_is_refused_and_the_field_is_named(string part, string with, string why)
    {
        string json = Encoding.UTF8.GetString(Request().ToBytes());
        Assert.Contains(part, json, StringComparison.Ordinal);
        Assert.False(EnrolmentRequest.TryRead(Encoding.UTF8.GetBytes(json.Replace(part, with, StringComparison.Ordinal)), out _, out string? error));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_64_characters_is_refused() => Assert.False(EnrolmentRequest.TryRead((Request() with { Node = new string('a', 64) }).ToBytes(), out _, out _));

    [Fact]
    public void Proofs_of_different_kinds_are_never_the_same_lines()
    {
        byte[][] proofs =
        [
            EnrolmentProof.Enroll(Key, "web-17", 1, Nonce), EnrolmentProof.Renew(Key, "web-17", 1, Nonce, null), EnrolmentProof.Renew(Key, "web-17", 1, Nonce, OtherKey),
            EnrolmentProof.Recover(Key, "web-17", 1, Nonce),
        ];
        Assert.Equal(proofs.Length, proofs.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal($"scout-enroll-1\n{Key}\nweb-17\n1\n{Nonce}", Encoding.UTF8.GetString(proofs[0]));
        Assert.All(proofs, proof => Assert.Contains((byte)'\n', proof));
    }

    [Fact]
    public void A_reply_is_read_as_it_was_written_and_one_that_issues_nothing_is_refused()
    {
        var reply = new EnrolmentReply { Status = EnrolmentStatus.Issued, Jwt = "j", RecoverJwt = "r", Trust = "{}", Urls = ["tls://b"], Time = 5 };
        Assert.True(EnrolmentReply.TryRead(reply.ToBytes(), out EnrolmentReply? read, out string? error), error);
        Assert.Equal(reply with { Urls = null }, read with { Urls = null });
        Assert.False(EnrolmentReply.TryRead((reply with { Trust = null }).ToBytes(), out _, out _));
        Assert.False(EnrolmentReply.TryRead((reply with { Status = EnrolmentStatus.Refused }).ToBytes(), out _, out _));
        Assert.Contains("\"status\":\"refused\",\"code\":\"token_used\"", Encoding.UTF8.GetString((reply with { Status = EnrolmentStatus.Refused, Code = EnrolmentCode.TokenUsed }).ToBytes()), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_code_has_a_word()
    {
        foreach (EnrolmentCode code in Enum.GetValues<EnrolmentCode>())
        {
            var reply = new EnrolmentReply { Status = EnrolmentStatus.Refused, Code = code };
            Assert.True(EnrolmentReply.TryRead(reply.ToBytes(), out EnrolmentReply? read, out string? error), error);
            Assert.Equal(code, read.Code);
        }
    }

    [Theory]
    [InlineData("web-17", 1, false, true)]
    [InlineData("web-17", 1, true, true)]
    [InlineData("web-*", 5, false, true)]
    [InlineData("web-*", 1, false, true)]
    [InlineData("web-*", 1, true, false)]
    [InlineData("web-17", 5, false, false)]
    [InlineData("*", 5, false, false)]
    [InlineData("a.*", 5, false, false)]
    [InlineData(">", 1, false, false)]
    [InlineData("Web", 1, false, false)]
    public void A_token_is_for_a_name_or_a_pattern_with_something_in_it(string node, int uses, bool replace, bool good)
    {
        AdminRequest request = new() { Id = "r1", Node = node, Groups = ["web"], Uses = uses, Replace = replace };
        Assert.Equal(good, AdminRequest.TryRead(AdminAction.Token, request.ToBytes(), out AdminRequest? read, out string? error));
        if (good) Assert.Equal(request with { Groups = null }, read! with { Groups = null });
        else Assert.NotNull(error);
    }

    [Fact]
    public void A_token_of_several_uses_names_a_group() =>
        Assert.False(AdminRequest.TryRead(AdminAction.Token, new AdminRequest { Id = "r1", Node = "web-*", Uses = 2 }.ToBytes(), out _, out _));

    [Theory]
    [InlineData("*")]
    [InlineData("a b")]
    [InlineData("Web")]
    [InlineData("tag:*")]
    public void A_group_with_a_wildcard_in_it_is_refused(string group) =>
        Assert.False(AdminRequest.TryRead(AdminAction.Token, new AdminRequest { Id = "r1", Node = "web", Groups = [group] }.ToBytes(), out _, out _));

    [Fact]
    public void An_admin_reply_is_read_as_it_was_written()
    {
        var reply = new AdminReply
        {
            Id = "r1",
            Code = "ok",
            Tokens = [new TokenRow(Key, "web-*", ["web"], "new", 5, 0, false, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddHours(1), "alice", [])],
            Enrolments = [new EnrolmentRow("web-17", "pending", OtherKey, Key, ["web"], DateTimeOffset.UnixEpoch, null, new NodeFactsBrief("linux", "x64", "1"), null)],
        };
        Assert.True(AdminReply.TryRead(reply.ToBytes(), out AdminReply? read, out string? error), error);
        Assert.Equal(Encoding.UTF8.GetString(reply.ToBytes()), Encoding.UTF8.GetString(read.ToBytes()));
    }

    [Fact]
    public void Subjects_are_built_from_good_names_alone_and_read_back()
    {
        Assert.True(EnrolmentSubjects.TryParseEnroll(Subjects.Enroll(Key), out string? key));
        Assert.Equal(Key, key);
        Assert.True(EnrolmentSubjects.TryParseRecover(Subjects.Recover(Key), out key));
        Assert.All(Enum.GetValues<AdminAction>(), action => Assert.True(EnrolmentSubjects.TryParseAdmin(EnrolmentSubjects.Admin(action), out AdminAction read) && read == action));
        Assert.False(EnrolmentSubjects.TryParseEnroll("scout.enroll." + Key[1..], out _));
        Assert.False(EnrolmentSubjects.TryParseEnroll(Subjects.Recover(Key), out _));
        Assert.False(EnrolmentSubjects.TryParseAdmin("scout.admin.token.x", out _));
    }

    private static EnrolmentToken Token() => new()
    {
        Urls = ["tls://broker.example.org:4222", "srv://example.org"],
        Ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        Trust = Key,
        Jwt = "aaaa.bbbb.cccc",
        Seed = "SUAKEY",
        Expires = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
    };

    private static EnrolmentRequest Request() => new() { Node = "web-17", Key = Key, Time = 1, Nonce = Nonce, Proof = Signature, Facts = new NodeFactsBrief("linux", "x64", "0.1.0") };
}
