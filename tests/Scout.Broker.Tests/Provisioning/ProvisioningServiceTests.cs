using System.Buffers.Text;
using System.Security.Cryptography;
using Scout.Broker.Tests.Secure;
using Scout.Nats;
using Scout.Protocol;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;

namespace Scout.Broker.Tests.Provisioning;

/// <summary>The provisioner beside a real nats-server in secure mode: what tokens, nodes and admins can do there, and what they cannot.</summary>
[Trait("attack", "5")]
[Trait("attack", "25")]
[Trait("attack", "27")]
[Trait("attack", "30")]
[Trait("attack", "31")]
[Trait("attack", "38")]
public sealed class ProvisioningServiceTests(ProvisioningServiceTests.Broker broker) : IClassFixture<ProvisioningServiceTests.Broker>
{
    // Seconds without an answer that are taken for none.
    private const double Silence = 1;

    [Fact]
    public async Task A_token_leads_to_a_login_that_works_once_and_a_startup_spends_it()
    {
        EnrolmentToken token = await broker.TokenAsync("web-1", "web");
        using NKeyPair node = NKeyPair.Create(NKeyType.User);
        EnrolmentReply reply = await broker.EnrollAsync(token, "web-1", node);
        Assert.Equal((EnrolmentStatus.Issued, null), (reply.Status, reply.Message));

        await using NatsConnection line = await broker.NodeAsync(reply, node, "web-1");
        var js = new NatsJSContext(line);
        // As the outbox sends it.
        await js.PublishAsync(Subjects.Lifecycle("web-1", LifecycleKind.Startup), "{}"u8.ToArray(), headers: new NatsHeaders { ["Nats-Msg-Id"] = "startup-1" });
        await Until.TrueAsync("the token is spent", async () => (await broker.TokensAsync()).Single(row => row.For == "web-1").State == "used", TimeSpan.FromSeconds(20), () => broker.Log);
        Assert.Equal(EnrolmentCode.TokenUsed, (await broker.EnrollAsync(token, "web-1", node)).Code);

        // Renewed under its own name, and under no other.
        EnrolmentReply renewed = await Broker.AskAsync(line, Subjects.Renew("web-1"), Broker.Signed("web-1", node, (now, nonce) => EnrolmentProof.Renew(node.PublicKey, "web-1", now, nonce, null)));
        Assert.Equal(EnrolmentStatus.Issued, renewed.Status);
        await Assert.ThrowsAnyAsync<NatsException>(() => Broker.AskAsync(line, Subjects.Renew("web-2"), Broker.Signed("web-2", node, (now, nonce) => EnrolmentProof.Renew(node.PublicKey, "web-2", now, nonce, null))));

        // The roster has it from the moment it was let in.
        var roster = new NatsKVContext(new NatsJSContext(broker.Admin)).GetStoreHandle(Subjects.RosterBucket);
        Assert.Contains(node.PublicKey, System.Text.Encoding.UTF8.GetString((await roster.GetEntryAsync<byte[]>("web-1")).Value!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_holder_may_ask_for_itself_and_do_nothing_else()
    {
        EnrolmentToken token = await broker.TokenAsync("web-2");
        EnrolmentToken other = await broker.TokenAsync("web-3");
        using NKeyPair key = NKeyPair.FromSeed(token.Seed);
        using NKeyPair otherKey = NKeyPair.FromSeed(other.Seed);
        using var creds = NatsCreds.Create(token.Jwt, key);
        await using NatsConnection line = await broker.LineAsync(creds);
        foreach (string subject in (string[])["scout.event.web-2.m.state", Subjects.Enroll(otherKey.PublicKey), "$JS.API.STREAM.INFO.KV_SCOUT_TOKENS", "$KV.SCOUT_TOKENS.x", "$JS.API.DIRECT.GET.KV_SCOUT_TOKENS"])
        {
            NatsException refused = await Assert.ThrowsAnyAsync<NatsException>(async () => await line.RequestAsync<byte[], byte[]>(subject, [1], replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromSeconds(10) }));
            Assert.Contains("Permissions Violation", refused.Message, StringComparison.OrdinalIgnoreCase);
        }

        foreach (string subject in (string[])["scout.enroll.*", "scout.>", ">", "_INBOX.>"])
        {
            await using INatsSub<byte[]> heard = await line.SubscribeCoreAsync<byte[]>(subject);
            NatsException refused = await Assert.ThrowsAnyAsync<NatsException>(async () => await heard.Msgs.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.Contains("Permissions Violation", refused.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Of_two_keys_with_one_token_at_the_same_instant_exactly_one_wins()
    {
        EnrolmentToken token = await broker.TokenAsync("web-4");
        using NKeyPair one = NKeyPair.Create(NKeyType.User);
        using NKeyPair two = NKeyPair.Create(NKeyType.User);
        EnrolmentReply[] replies = await Task.WhenAll(broker.EnrollAsync(token, "web-4", one), broker.EnrollAsync(token, "web-4", two));
        Assert.Single(replies, reply => reply.Status == EnrolmentStatus.Issued);
        Assert.Single(replies, reply => reply.Code == EnrolmentCode.TokenUsed);
    }

    [Theory]
    [InlineData("*")]
    [InlineData(">")]
    [InlineData("a.b")]
    [InlineData("A")]
    [InlineData("")]
    public async Task A_name_that_is_a_subject_is_refused_before_anything_is_looked_up(string name)
    {
        EnrolmentToken token = await broker.TokenAsync("web-*");
        using NKeyPair node = NKeyPair.Create(NKeyType.User);
        Assert.Equal(EnrolmentCode.BadRequest, (await broker.EnrollAsync(token, name, node)).Code);
    }

    [Fact]
    public async Task A_replaced_node_is_cut_and_refused_and_its_renewal_and_recovery_too()
    {
        using NKeyPair old = NKeyPair.Create(NKeyType.User);
        EnrolmentReply first = await broker.EnrollAsync(await broker.TokenAsync("web-5"), "web-5", old);
        await using NatsConnection line = await broker.NodeAsync(first, old, "web-5");
        using NKeyPair fresh = NKeyPair.Create(NKeyType.User);
        EnrolmentReply second = await broker.EnrollAsync(await broker.TokenAsync("web-5", replace: true), "web-5", fresh);
        Assert.Equal((EnrolmentStatus.Issued, null), (second.Status, second.Message));
        await Until.TrueAsync("the old key is cut", () => line.ConnectionState == NatsConnectionState.Refused, TimeSpan.FromSeconds(20), () => line.Status.Reason);
        using var recover = NatsCreds.Create(first.RecoverJwt!, old);
        NatsException refused = await Assert.ThrowsAnyAsync<NatsException>(async () =>
        {
            await using NatsConnection again = await broker.LineAsync(recover);
        });
        Assert.Contains("Authorization Violation", refused.Message, StringComparison.OrdinalIgnoreCase);
        await using NatsConnection now = await broker.NodeAsync(second, fresh, "web-5");
        Assert.Equal(NatsConnectionState.Open, now.ConnectionState);
    }

    [Fact]
    public async Task Row_30_a_node_that_an_admin_takes_back_is_cut_and_gets_neither_line_nor_renewal_nor_recovery_and_others_stay()
    {
        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        using NKeyPair otherKey = NKeyPair.Create(NKeyType.User);
        EnrolmentReply given = await broker.EnrollAsync(await broker.TokenAsync("bad-1"), "bad-1", key);
        EnrolmentReply otherGiven = await broker.EnrollAsync(await broker.TokenAsync("good-1"), "good-1", otherKey);
        await using NatsConnection line = await broker.NodeAsync(given, key, "bad-1");
        await using NatsConnection other = await broker.NodeAsync(otherGiven, otherKey, "good-1");
        int lost = 0;
        other.ConnectionDisconnected += (_, _) =>
        {
            lost++;
            return ValueTask.CompletedTask;
        };

        // Written and not told to the server yet: the line lives, and its renewal is refused all the same.
        await broker.WriteRevokedAsync(key.PublicKey);
        EnrolmentReply renewed = await Broker.AskAsync(line, Subjects.Renew("bad-1"), Broker.Signed("bad-1", key, (now, nonce) => EnrolmentProof.Renew(key.PublicKey, "bad-1", now, nonce, null)));
        Assert.Equal((EnrolmentStatus.Refused, EnrolmentCode.Revoked), (renewed.Status, renewed.Code));

        string subject = EnrolmentSubjects.Admin(AdminAction.RevokeNode);
        AdminReply? said = null;
        await Until.TrueAsync(
            "it is in force",
            async () =>
            {
                byte[] body = new AdminRequest { Id = "revoke", Holders = ["bad-1"] }.ToBytes();
                said = await broker.AdminAsync(subject, body, broker.AdminHeaders(subject, body), 2);
                Assert.True(said is null or { Code: "pending" or "ok" }, said?.ToString());
                return said is { Code: "ok" };
            },
            TimeSpan.FromSeconds(30), () => said + broker.Log);
        await Until.TrueAsync("the node is cut", () => line.ConnectionState == NatsConnectionState.Refused, TimeSpan.FromSeconds(30), () => line.Status.Reason);
        using var creds = NatsCreds.Create(given.Jwt!, key);
        using var recover = NatsCreds.Create(given.RecoverJwt!, key);
        foreach (NatsCreds login in (NatsCreds[])[creds, recover])
        {
            NatsException refused = await Assert.ThrowsAnyAsync<NatsException>(async () =>
            {
                await using NatsConnection again = await broker.LineAsync(login);
            });
            Assert.Contains("Authorization Violation", refused.Message, StringComparison.OrdinalIgnoreCase);
        }

        await other.PingAsync();
        Assert.Equal(0, lost);
        // An admin cannot cut the branch he sits on, nor the broker's own services.
        foreach ((string holder, string code) in ((string, string)[])[("alice", "conflict"), ("nobody", "not_found"), (broker.OwnKey("provisioner"), "internal")])
        {
            string callers = EnrolmentSubjects.Admin(AdminAction.RevokeCaller);
            byte[] body = new AdminRequest { Id = "revoke", Holders = [holder] }.ToBytes();
            Assert.Equal(code, (await broker.AdminAsync(callers, body, broker.AdminHeaders(callers, body)))?.Code);
        }
    }

    [Fact]
    public async Task Row_38_the_provisioner_writes_nowhere_but_to_inboxes_whoever_asks_it_to()
    {
        EnrolmentToken token = await broker.TokenAsync("web-38");
        using NKeyPair node = NKeyPair.Create(NKeyType.User);
        EnrolmentReply given = await broker.EnrollAsync(await broker.TokenAsync("evil-38"), "evil-38", node);
        await using NatsConnection line = await broker.NodeAsync(given, node, "evil-38");
        using var creds = NatsCreds.Create(token.Jwt, NKeyPair.FromSeed(token.Seed));
        await using NatsConnection holder = await broker.LineAsync(creds);
        int tokens = (await broker.TokensAsync()).Count;
        EnrolmentRequest renewal = Broker.Signed("evil-38", node, (now, nonce) => EnrolmentProof.Renew(node.PublicKey, "evil-38", now, nonce, null));
        // An answer of the provisioner is JSON, which JetStream takes for a wish to purge all; a bucket takes it for a value.
        foreach (string place in (string[])["$JS.API.STREAM.PURGE.SCOUT_STATE", "$JS.API.STREAM.PURGE.SCOUT_LIFECYCLE", "$KV.SCOUT_NODES.web-5", "scout.rpc.all.trust"])
            await line.PublishAsync(Subjects.Renew("evil-38"), renewal.ToBytes(), replyTo: place);
        foreach (string place in (string[])["$JS.API.STREAM.PURGE.KV_SCOUT_TOKENS", "$KV.SCOUT_TOKENS.node/evil-38", $"$KV.SCOUT_TOKENS.{creds.Key.PublicKey}"])
            await holder.PublishAsync(Subjects.Enroll(creds.Key.PublicKey), "{}"u8.ToArray(), replyTo: place);
        await Until.TrueAsync("they are in the audit", () => broker.Audit().Contains(SignatureFaults.NoInbox, StringComparison.Ordinal), TimeSpan.FromSeconds(20), broker.Audit);
        // Behind them on the same lines: what came before has been judged when these are answered.
        Assert.Equal(EnrolmentStatus.Issued, (await Broker.AskAsync(line, Subjects.Renew("evil-38"), renewal)).Status);
        using NKeyPair other = NKeyPair.Create(NKeyType.User);
        Assert.Equal((EnrolmentStatus.Issued, null), ((await broker.EnrollAsync(token, "web-38", other)) is var reply ? (reply.Status, reply.Message) : default));
        Assert.Equal(tokens, (await broker.TokensAsync()).Count);
    }

    [Fact]
    public async Task Unsigned_doubled_forged_and_replayed_requests_of_admins_get_no_answer_and_a_row()
    {
        byte[] body = new AdminRequest { Id = "r1" }.ToBytes();
        string subject = EnrolmentSubjects.Admin(AdminAction.Tokens);
        NatsHeaders good = broker.AdminHeaders(subject, body);
        Assert.Equal("ok", (await broker.AdminAsync(subject, body, good))!.Code);
        Assert.Null(await broker.AdminAsync(subject, body, good, Silence));
        Assert.Null(await broker.AdminAsync(subject, body, null, Silence));
        Assert.Null(await broker.AdminAsync(subject, new AdminRequest { Id = "r2" }.ToBytes(), broker.AdminHeaders(subject, body), Silence));
        Assert.Null(await broker.AdminAsync(EnrolmentSubjects.Admin(AdminAction.Enrolments), body, broker.AdminHeaders(subject, body), Silence));
        await Until.TrueAsync("the rows are in the audit", () => broker.Audit().Split('\n').Count(line => line.Contains("\"refused\"", StringComparison.Ordinal) && line.Contains("scout.admin.", StringComparison.Ordinal)) >= 4, TimeSpan.FromSeconds(20), broker.Audit);
        Assert.Contains("replay", broker.Audit(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_token_nor_seed_is_in_the_audit_or_the_log()
    {
        EnrolmentToken token = await broker.TokenAsync("web-6");
        using NKeyPair node = NKeyPair.Create(NKeyType.User);
        await broker.EnrollAsync(token, "web-6", node);
        await Until.TrueAsync("it is in the audit", () => broker.Audit().Contains("web-6", StringComparison.Ordinal), TimeSpan.FromSeconds(20), broker.Audit);
        foreach (string secret in (string[])[token.Seed, token.Jwt.Split('.')[2], token.ToText()[^200..], node.ExportSeed()])
        {
            Assert.DoesNotContain(secret, broker.Audit(), StringComparison.Ordinal);
            Assert.DoesNotContain(secret, broker.Log, StringComparison.Ordinal);
        }
    }

    public sealed class Broker : IAsyncLifetime
    {
        private SecureBench bench = null!;
        private NatsCreds adminCreds = null!;

        public NatsConnection Admin { get; private set; } = null!;

        public string Log => bench.Log.Text;

        public async ValueTask InitializeAsync()
        {
            SecureBench running = await SecureBench.RunningAsync();
            await LogInAsync(running);
            await Until.TrueAsync("the provisioner listens", () => running.Log.Count(5087) > 0, TimeSpan.FromSeconds(30), () => running.Log.Text);
        }

        /// <summary>Logs in at a broker that runs, which ends with this.</summary>
        internal async Task LogInAsync(SecureBench running)
        {
            bench = running;
            string file = bench.Creds(ScoutRole.Admin, "alice");
            adminCreds = NatsCreds.Read(file);
            Admin = await bench.ConnectAsync(file);
        }

        /// <summary>A key is taken back in the files; the server does not know of it yet.</summary>
        public Task WriteRevokedAsync(string key) => bench.Authority.RevokeAsync([key], CancellationToken.None);

        /// <summary>Public key of a login of the broker's own.</summary>
        public string OwnKey(string name)
        {
            using NatsCreds creds = NatsCreds.Read(bench.Files.Creds(name));
            return creds.Key.PublicKey;
        }

        public string Audit()
        {
            if (!System.IO.File.Exists(bench.Files.Audit)) return "";
            using var file = new FileStream(bench.Files.Audit, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return new StreamReader(file).ReadToEnd();
        }

        public NatsHeaders AdminHeaders(string subject, byte[] body)
        {
            var headers = new NatsHeaders();
            foreach ((string name, string value) in new RequestSigner(adminCreds.Jwt, message => adminCreds.Key.Sign(message), RandomNumberGenerator.Fill, TimeProvider.System).Headers(subject, body)) headers.Add(name, value);
            return headers;
        }

        /// <summary>Null: no answer.</summary>
        public async Task<AdminReply?> AdminAsync(string subject, byte[] body, NatsHeaders? headers, double patience = 20)
        {
            try
            {
                NatsMsg<byte[]> answer = await Admin.RequestAsync<byte[], byte[]>(subject, body, headers, replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromSeconds(patience) });
                return AdminReply.TryRead(answer.Data, out AdminReply? reply, out string? error) ? reply : throw new InvalidOperationException(error);
            }
            catch (NatsNoReplyException)
            {
                return null;
            }
        }

        public async Task<EnrolmentToken> TokenAsync(string node, string? group = null, bool replace = false)
        {
            byte[] body = new AdminRequest { Id = "r", Node = node, Groups = group is null ? null : [group], Replace = replace }.ToBytes();
            string subject = EnrolmentSubjects.Admin(AdminAction.Token);
            AdminReply reply = await AdminAsync(subject, body, AdminHeaders(subject, body)) ?? throw new InvalidOperationException("no answer\n" + Log);
            Assert.Equal(("ok", null), (reply.Code, reply.Message));
            return EnrolmentToken.TryParse(reply.Token!, out EnrolmentToken? token, out string? error) ? token : throw new InvalidOperationException(error);
        }

        public async Task<IReadOnlyList<TokenRow>> TokensAsync()
        {
            byte[] body = new AdminRequest { Id = "r" }.ToBytes();
            string subject = EnrolmentSubjects.Admin(AdminAction.Tokens);
            return (await AdminAsync(subject, body, AdminHeaders(subject, body)))!.Tokens!.Value;
        }

        public async Task<EnrolmentReply> EnrollAsync(EnrolmentToken token, string node, NKeyPair key)
        {
            using NKeyPair own = NKeyPair.FromSeed(token.Seed);
            using var creds = NatsCreds.Create(token.Jwt, own);
            await using NatsConnection line = await LineAsync(creds);
            for (int tries = 0; ; tries++)
            {
                try
                {
                    EnrolmentReply reply = await AskAsync(line, Subjects.Enroll(own.PublicKey), Signed(node, key, (now, nonce) => EnrolmentProof.Enroll(own.PublicKey, node, now, nonce)), tries < 5 ? 4 : 20);
                    if (reply.Code != EnrolmentCode.Busy || tries == 8) return reply;
                }
                catch (NatsNoReplyException) when (tries < 5)
                {
                    // The key that had the name before is revoked between two answers, and the reload loses one under way.
                }
            }
        }

        public async Task<NatsConnection> LineAsync(NatsCreds creds)
        {
            var line = new NatsConnection(Opts(creds, Subjects.Inbox(creds.Key.PublicKey)));
            try
            {
                await line.ConnectAsync();
                return line;
            }
            catch
            {
                await line.DisposeAsync();
                throw;
            }
        }

        public async Task<NatsConnection> NodeAsync(EnrolmentReply reply, NKeyPair key, string node)
        {
            var line = new NatsConnection(Opts(NatsCreds.Create(reply.Jwt!, key), Subjects.NodeInbox(node)));
            await line.ConnectAsync();
            return line;
        }

        public static async Task<EnrolmentReply> AskAsync(NatsConnection line, string subject, EnrolmentRequest request, double patience = 20)
        {
            NatsMsg<byte[]> answer = await line.RequestAsync<byte[], byte[]>(subject, request.ToBytes(), replyOpts: new NatsSubOpts { Timeout = TimeSpan.FromSeconds(patience) });
            return EnrolmentReply.TryRead(answer.Data, out EnrolmentReply? reply, out string? error) ? reply : throw new InvalidOperationException(error);
        }

        public static EnrolmentRequest Signed(string node, NKeyPair key, Func<long, string, byte[]> lines)
        {
            long now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            string nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
            return new EnrolmentRequest { Node = node, Key = key.PublicKey, Time = now, Nonce = nonce, Proof = Base64Url.EncodeToString(key.Sign(lines(now, nonce))) };
        }

        public async ValueTask DisposeAsync()
        {
            if (Admin is not null) await Admin.DisposeAsync();
            adminCreds?.Dispose();
            if (bench is not null) await bench.DisposeAsync();
        }

        private NatsOpts Opts(NatsCreds creds, string inbox) => new()
        {
            Url = $"tls://127.0.0.1:{bench.Port}",
            AuthOpts = new NatsAuthOpts { Creds = creds },
            TlsOpts = new NatsTlsOpts { Mode = TlsMode.Require, CaFile = bench.Files.Authority },
            InboxPrefix = inbox,
            ReconnectSpread = TimeSpan.Zero,
            ReconnectWaitMin = TimeSpan.FromMilliseconds(50),
            RefusedWaitMax = TimeSpan.FromMilliseconds(200),
            // Each enrolment and each revocation is a reload, and nats-server refuses good logins while it lasts.
            RefusedPatience = TimeSpan.FromSeconds(3),
        };
    }
}
