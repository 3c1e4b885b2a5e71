using System.Collections.Immutable;
using System.Text.Json;
using Scout.Cli.Errors;
using Scout.Cli.Tests.Fakes;
using Scout.Cli.Tests.Terminal;
using Scout.Nats;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Signing;

namespace Scout.Cli.Tests.Commands.Enrolment;

/// <summary><c>scout token</c> and <c>scout enroll</c> against a provisioner that says what the test wants. One server for the class.</summary>
public sealed class EnrolmentCommandTests : IClassFixture<FakeProvisioner>, IDisposable
{
    private const string TokenKey = "UTOKENAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private const string NodeKey = "UNODEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private static readonly DateTimeOffset Past = new(2026, 11, 21, 9, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Future = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeProvisioner provisioner;
    private readonly FakeConsole console;

    public EnrolmentCommandTests(FakeProvisioner provisioner)
    {
        this.provisioner = provisioner;
        provisioner.Asked.Clear();
        provisioner.Garbage = null;
        provisioner.Answer = static (_, _) => null;
        console = new FakeConsole { Directory = provisioner.Folder };
        console.Environment["HOME"] = provisioner.Folder;
        console.Environment["SCOUT_CREDS"] = provisioner.Creds;
    }

    [Fact]
    public async Task A_new_token_is_all_that_stands_on_stdout_and_its_request_is_signed()
    {
        provisioner.Answer = (_, _) => Ok() with { Token = "scout-enroll-1.secret", Tokens = [Token()] };
        Assert.True(await console.RunAsync("token", "new", "--for", "web-17", "--group", "web", "--group", "front", "--ttl", "2h") == ExitCode.Done, console.Errors);
        Assert.Equal("scout-enroll-1.secret\n", console.Output);
        Assert.Equal($"token {TokenKey[..12]} for web-17, until 2100-01-01 00:00:00\n", console.Errors);
        (AdminAction action, AdminRequest request, NatsMsg<byte[]> message) = Assert.Single(provisioner.Asked);
        Assert.Equal((AdminAction.Token, "web-17", 7200, false), (action, request.Node, request.TtlS, request.Replace));
        Assert.Equal(["web", "front"], request.Groups!.Value);
        RequestSignature? signed = RequestProof.Look(message.ReplyTo, message.Headers!.EachValue(), message.Data!.Length, out string? why);
        Assert.True(signed is not null, why);
        using NatsCreds creds = NatsCreds.Read(provisioner.Creds);
        Assert.Equal(creds.Jwt, signed.Jwt);
        Assert.True(NKeys.Verify(creds.Key.PublicKey, SignedLines.Of(message.Subject, signed.TimeMs, signed.Nonce, message.Data), signed.Signature.Span));
    }

    [Fact]
    public async Task Logins_are_taken_back_from_afar_and_asked_after_until_that_is_in_force()
    {
        int asked = 0;
        provisioner.Answer = (_, request) => ++asked switch
        {
            1 => Ok() with { Code = "pending", Revoked = ["operator bob, key " + NodeKey] },
            2 => Ok() with { Code = "pending", Message = "nats-server is being told" },
            _ => Ok() with { Message = "nats-server has confirmed it" },
        };
        Assert.True(await console.RunAsync("caller", "revoke", "bob", "carol@example.org", "--creds", provisioner.Creds) == ExitCode.Done, console.Errors);
        Assert.Equal($"revoked: operator bob, key {NodeKey}\n", console.Output);
        Assert.Equal("nats-server has confirmed it\n", console.Errors);
        Assert.Equal(3, provisioner.Asked.Count);
        Assert.All(provisioner.Asked, one => Assert.Equal((AdminAction.RevokeCaller, "bob carol@example.org"), (one.Action, string.Join(' ', one.Request.Holders!.Value))));
        Assert.Equal(3, provisioner.Asked.Select(one => one.Request.Id).Distinct().Count());
    }

    [Fact]
    public async Task Logins_that_cannot_be_taken_back_are_told_with_the_reason()
    {
        provisioner.Answer = (_, _) => Ok() with { Code = "pending", Message = "nats-server refuses the new configuration" };
        Assert.Equal(ExitCode.TargetFailed, await console.RunAsync("node", "revoke", "web-17", "--creds", provisioner.Creds, "--timeout", "300ms"));
        Assert.Contains("not in force after 0.3 s: nats-server refuses the new configuration", console.Errors, StringComparison.Ordinal);
        Assert.Equal(AdminAction.RevokeNode, provisioner.Asked.First().Action);
        provisioner.Answer = (_, _) => Ok() with { Code = "not_found", Message = "no login of a node 'web-18' is known" };
        Assert.Equal(ExitCode.NothingMatched, await console.RunAsync("node", "revoke", "web-18", "--creds", provisioner.Creds));
        provisioner.Answer = (_, _) => Ok() with { Code = "conflict", Message = "that is your own" };
        Assert.Equal(ExitCode.TargetFailed, await console.RunAsync("caller", "revoke", "alice", "--creds", provisioner.Creds));
        Assert.Equal(ExitCode.Usage, await console.RunAsync("caller", "revoke", "alice", "--creds", provisioner.Creds, "--data", provisioner.Folder));
    }

    [Fact]
    public async Task A_token_for_an_image_or_for_a_taken_name_says_so_in_its_request()
    {
        provisioner.Answer = (_, _) => Ok() with { Token = "scout-enroll-1.secret", Tokens = [Token()] };
        Assert.Equal(ExitCode.Done, await console.RunAsync("token", "new", "--for", "web-*", "--group", "web", "--uses", "20"));
        Assert.Equal(ExitCode.Done, await console.RunAsync("token", "new", "--for", "web-17", "--replace"));
        Assert.Equal([("web-*", 20, false, 3600), ("web-17", 0, true, 3600)], provisioner.Asked.Select(one => (one.Request.Node!, one.Request.Uses, one.Request.Replace, one.Request.TtlS)));
    }

    [Theory]
    [InlineData("token new", "for which node?")]
    [InlineData("token new --for web-17 --ttl 10s", "--ttl")]
    [InlineData("token new --for web-17 --ttl 31d", "--ttl")]
    [InlineData("token new --for web-17 --ttl 2", "is not a duration")]
    [InlineData("token new --for web-17 --uses many", "many")]
    [InlineData("token new web-17", "web-17")]
    [InlineData("token ls -o fancy", "fancy")]
    [InlineData("token ls --timeout 1ms", "--timeout")]
    [InlineData("token revoke", "KEY")]
    [InlineData("token view", "FILE")]
    [InlineData("enroll approve", "NODE")]
    [InlineData("enroll approve web-17 --reason no", "--reason")]
    [InlineData("enroll deny", "NODE")]
    [InlineData("enroll ls web-17", "web-17")]
    public async Task Bad_calls_are_exit_2_and_nobody_is_asked(string call, string why)
    {
        Assert.Equal(ExitCode.Usage, await console.RunAsync(call.Split(' ')));
        Assert.Contains(why, console.Errors, StringComparison.Ordinal);
        Assert.Equal("", console.Output);
        Assert.Empty(provisioner.Asked);
    }

    [Theory]
    [InlineData("bad_request", ExitCode.Usage, "it cannot be")]
    [InlineData("not_found", ExitCode.NothingMatched, "it cannot be")]
    [InlineData("stale", ExitCode.NoConnection, "the broker's clock says 2026-11-21 09:00:00Z")]
    [InlineData("conflict", ExitCode.TargetFailed, "conflict: it cannot be")]
    [InlineData("denied", ExitCode.TargetFailed, "denied: it cannot be")]
    [InlineData("busy", ExitCode.TargetFailed, "busy: it cannot be")]
    [InlineData("internal", ExitCode.TargetFailed, "internal: it cannot be")]
    [InlineData("of_tomorrow", ExitCode.TargetFailed, "of_tomorrow: it cannot be")]
    public async Task Each_answer_has_its_exit_code_and_nothing_on_stdout(string code, int exit, string words)
    {
        provisioner.Answer = (_, _) => new AdminReply { Code = code, Message = "it cannot be", Time = Past.ToUnixTimeMilliseconds() };
        foreach (string call in (string[])["token new --for web-17", "token ls", $"token revoke {TokenKey}", "enroll ls", "enroll approve web-17", "enroll deny web-17"])
        {
            using FakeConsole one = Console();
            Assert.Equal((call, exit), (call, await one.RunAsync(call.Split(' '))));
            Assert.Contains(words, one.Errors, StringComparison.Ordinal);
            Assert.Equal("", one.Output);
        }
    }

    [Fact]
    public async Task Tokens_are_a_table_with_short_keys_and_whole_ones_when_wide()
    {
        provisioner.Answer = (_, _) => Ok() with { Tokens = [Token()], Truncated = 3 };
        Assert.Equal(ExitCode.Done, await console.RunAsync("token", "ls"));
        Assert.StartsWith("TOKEN         FOR     STATE  USED  GROUPS", console.Output, StringComparison.Ordinal);
        Assert.Contains($"{TokenKey[..12]}  web-17  bound  1/1   web", console.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(TokenKey, console.Output, StringComparison.Ordinal);
        Assert.Equal("scout: 3 older tokens are not shown\n", console.Errors);
        using FakeConsole wide = Console();
        Assert.Equal(ExitCode.Done, await wide.RunAsync("token", "ls", "-o", "wide"));
        Assert.Contains(TokenKey, wide.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tokens_are_json_with_every_key()
    {
        provisioner.Answer = (_, _) => Ok() with { Tokens = [Token()] };
        Assert.Equal(ExitCode.Done, await console.RunAsync("token", "ls", "-o", "json"));
        JsonElement row = Assert.Single(JsonDocument.Parse(console.Output).RootElement.EnumerateArray());
        Assert.Equal(["key", "for", "state", "uses", "used", "replace", "groups", "made", "expires", "by", "nodes"], row.EnumerateObject().Select(field => field.Name));
        Assert.Equal((TokenKey, "bound", "2100-01-01T00:00:00.000Z"), (row.GetProperty("key").GetString(), row.GetProperty("state").GetString(), row.GetProperty("expires").GetString()));
        Assert.Equal("web-17", row.GetProperty("nodes")[0].GetString());
    }

    [Fact]
    public async Task Without_tokens_and_without_nodes_it_says_so_and_json_is_an_empty_list()
    {
        provisioner.Answer = (_, _) => Ok();
        Assert.Equal(ExitCode.Done, await console.RunAsync("token", "ls"));
        Assert.Contains("there are no tokens", console.Output + console.Errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, await console.RunAsync("enroll", "ls"));
        Assert.Contains("nobody waits", console.Output + console.Errors, StringComparison.Ordinal);
        using FakeConsole json = Console();
        Assert.Equal(ExitCode.Done, await json.RunAsync("token", "ls", "-o", "json"));
        Assert.Empty(JsonDocument.Parse(json.Output).RootElement.EnumerateArray());
    }

    [Fact]
    public async Task A_withdrawn_token_is_named_and_what_it_enrolled_is_told()
    {
        provisioner.Answer = (_, _) => Ok() with { Tokens = [Token() with { State = "revoked" }], Message = "what it enrolled stays: web-17" };
        Assert.Equal(ExitCode.Done, await console.RunAsync("token", "revoke", TokenKey[..8]));
        Assert.Equal($"token {TokenKey[..12]} for web-17: withdrawn\nwhat it enrolled stays: web-17\n", console.Errors);
        (AdminAction action, AdminRequest request, _) = Assert.Single(provisioner.Asked);
        Assert.Equal((AdminAction.Untoken, TokenKey[..8]), (action, request.Key));
    }

    [Fact]
    public async Task Who_waits_is_shown_with_key_and_facts_when_wide_and_as_json()
    {
        provisioner.Answer = (_, _) => Ok() with { Enrolments = [Waiting()], Truncated = 2 };
        Assert.Equal(ExitCode.Done, await console.RunAsync("enroll", "ls", "-o", "wide"));
        foreach (string seen in (string[])["web-18", "pending", NodeKey, "linux x64 0.1.0"]) Assert.Contains(seen, console.Output, StringComparison.Ordinal);
        Assert.Equal("scout: 2 more are not shown\n", console.Errors);
        using FakeConsole json = Console();
        Assert.Equal(ExitCode.Done, await json.RunAsync("enroll", "ls", "-o", "json"));
        JsonElement row = Assert.Single(JsonDocument.Parse(json.Output).RootElement.EnumerateArray());
        Assert.Equal(["node", "state", "key", "token", "groups", "since", "expires", "os", "arch", "version", "message"], row.EnumerateObject().Select(field => field.Name));
        Assert.Equal(JsonValueKind.Null, row.GetProperty("expires").ValueKind);
        using FakeConsole names = Console();
        Assert.Equal(ExitCode.Done, await names.RunAsync("enroll", "ls", "-o", "name"));
        Assert.Equal("web-18\n", names.Output);
    }

    [Fact]
    public async Task An_answer_to_who_waits_carries_the_key_that_was_seen_and_the_reason()
    {
        provisioner.Answer = (_, _) => Ok() with { Enrolments = [Waiting()] };
        Assert.Equal(ExitCode.Done, await console.RunAsync("enroll", "approve", "web-18", "--key", NodeKey));
        Assert.Equal("web-18: approved\n", console.Errors);
        using FakeConsole deny = Console();
        Assert.Equal(ExitCode.Done, await deny.RunAsync("enroll", "deny", "web-18", "--reason", "not ours"));
        Assert.Equal("web-18: denied\n", deny.Errors);
        Assert.Equal([(AdminAction.Approve, NodeKey, null), (AdminAction.Deny, null, "not ours")], provisioner.Asked.Select(one => (one.Action, one.Request.Key, one.Request.Reason)));
        Assert.Equal("", console.Output + deny.Output);
    }

    [Fact]
    public async Task What_a_terminal_would_obey_is_shown_and_not_obeyed()
    {
        provisioner.Answer = (action, _) => action == AdminAction.Enrolments
            ? Ok() with { Enrolments = [Waiting() with { Message = "\u001b[2Jgone\r\nweb-19 enrolled", Facts = new NodeFactsBrief("li\u001b]0;x\u0007nux", "x64", "1") }] }
            : new AdminReply { Code = "conflict", Message = "\u001b[31mred" };
        Assert.Equal(ExitCode.Done, await console.RunAsync("enroll", "ls", "-o", "wide"));
        Assert.Equal(ExitCode.TargetFailed, await console.RunAsync("enroll", "approve", "web-18"));
        Assert.DoesNotContain('\u001b', console.Output + console.Errors);
        Assert.DoesNotContain('\u0007', console.Output);
        Assert.Equal(2, console.Output.Count(letter => letter == '\n'));
    }

    [Fact]
    public async Task Silence_garbage_and_nobody_there_are_exit_3_with_a_hint_each()
    {
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("token", "ls", "--timeout", "200ms"));
        Assert.Contains("no answer within 0.2 s", console.Errors, StringComparison.Ordinal);
        Assert.Contains("audit.jsonl", console.Errors, StringComparison.Ordinal);
        provisioner.Garbage = "<html>"u8.ToArray();
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("token", "ls"));
        Assert.Contains("cannot be read", console.Errors, StringComparison.Ordinal);
        await provisioner.LeaveAsync();
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("token", "ls"));
        Assert.Contains("scout broker run", console.Errors, StringComparison.Ordinal);
        await provisioner.ListenAsync();
    }

    [Fact]
    public async Task Without_credentials_or_with_expired_ones_it_says_how_to_get_them()
    {
        console.Environment.Remove("SCOUT_CREDS");
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("token", "ls"));
        Assert.Contains("scout creds new --role admin", console.Errors, StringComparison.Ordinal);
        provisioner.Write(Path.Combine(provisioner.Folder, "old.creds"), TimeSpan.FromHours(-1));
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("token", "ls", "--creds", "old.creds"));
        Assert.Contains("expired since", console.Errors, StringComparison.Ordinal);
        Assert.Empty(provisioner.Asked);
    }

    [Fact]
    public async Task Who_is_no_admin_is_exit_3_and_told_whose_credentials_it_takes()
    {
        provisioner.Write(Path.Combine(provisioner.Folder, "viewer.creds"), TimeSpan.FromHours(1), asAdmin: false);
        Assert.Equal(ExitCode.NoConnection, await console.RunAsync("token", "ls", "--creds", "viewer.creds"));
        Assert.Contains("alice may not do this: it needs credentials of role admin", console.Errors, StringComparison.Ordinal);
        Assert.Empty(provisioner.Asked);
    }

    [Fact]
    public async Task A_token_is_viewed_without_any_broker_and_without_its_secret()
    {
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        string seed = key.ExportSeed();
        var token = new EnrolmentToken { Urls = ["tls://broker.example.org:4222"], Ca = "-----BEGIN CERTIFICATE-----", Trust = "NTRUST", Jwt = "jwt.in.it", Seed = seed, Expires = Future };
        await File.WriteAllTextAsync(Path.Combine(provisioner.Folder, "good.token"), token.ToText() + "\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.Done, await console.RunAsync("token", "view", "good.token"));
        foreach (string seen in (string[])[key.PublicKey, "2100-01-01 00:00:00", "tls://broker.example.org:4222", "NTRUST"]) Assert.Contains(seen, console.Output, StringComparison.Ordinal);
        foreach (string secret in (string[])[seed, "jwt.in.it", token.ToText()[^40..]]) Assert.DoesNotContain(secret, console.Output + console.Errors, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(provisioner.Folder, "old.token"), (token with { Expires = Past.AddYears(-1) }).ToText(), TestContext.Current.CancellationToken);
        Assert.Equal(ExitCode.TargetFailed, await console.RunAsync("token", "view", "old.token"));
        Assert.Contains("expired", console.Output, StringComparison.Ordinal);
        Assert.Empty(provisioner.Asked);
    }

    [Fact]
    public async Task A_file_that_is_no_token_is_exit_2_and_its_content_is_not_printed()
    {
        await File.WriteAllTextAsync(Path.Combine(provisioner.Folder, "not.token"), "scout-enroll-1.bm90LWEtdG9rZW4\nhunter2", TestContext.Current.CancellationToken);
        foreach (string file in (string[])["not.token", "none.token"])
        {
            Assert.Equal(ExitCode.Usage, await console.RunAsync("token", "view", file));
            Assert.Contains(file, console.Errors, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("hunter2", console.Errors, StringComparison.Ordinal);
        Assert.Equal("", console.Output);
    }

    public void Dispose() => console.Dispose();

    private static AdminReply Ok() => new() { Code = "ok" };

    private static TokenRow Token() => new(TokenKey, "web-17", ["web"], "bound", 1, 1, false, Past, Future, "alice", ["web-17"]);

    private static EnrolmentRow Waiting() => new("web-18", "pending", NodeKey, TokenKey, ImmutableArray<string>.Empty, Past, null, new NodeFactsBrief("linux", "x64", "0.1.0"), null);

    private FakeConsole Console()
    {
        var made = new FakeConsole { Directory = provisioner.Folder };
        foreach ((string name, string value) in console.Environment) made.Environment[name] = value;
        return made;
    }
}
