using System.Buffers.Text;
using System.Security.Cryptography;
using Scout.Broker.Provisioning;
using Scout.Nats;
using Scout.Protocol.Security.Enrolment;
using Scout.Testing;

namespace Scout.Broker.Tests.Provisioning;

[Trait("attack", "5")]
[Trait("attack", "25")]
[Trait("attack", "26")]
[Trait("attack", "29")]
[Trait("attack", "31")]
public sealed class ProvisionerTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly MemoryTokenBook book = new();
    private readonly ModelAuthority authority;
    private readonly List<NKeyPair> keys = [];
    private readonly List<Provisioner> provisioners = [];
    private EnrolmentPolicy policy = EnrolmentPolicy.Default;
    private Provisioner provisioner;

    public ProvisionerTests()
    {
        authority = new ModelAuthority(time);
        provisioner = Make();
    }

    [Fact]
    public async Task A_token_for_one_name_is_its_own_approval_and_the_same_key_gets_the_same_answer_until_it_has_started()
    {
        string token = await TokenAsync("web-17", groups: ["web"]);
        NKeyPair node = Key();
        EnrolmentReply first = await EnrollAsync(token, "web-17", node);
        Assert.Equal(EnrolmentStatus.Issued, first.Status);
        Assert.True(NatsJwt.TryRead(first.Jwt, out NatsUserClaims? claims, out string why), why);
        Assert.Equal((node.PublicKey, "web-17"), (claims.Subject, claims.Name));
        Assert.Equal(["group:web"], claims.Tags);
        Assert.Equal(time.GetUtcNow().AddDays(7), claims.Expires!.Value, TimeSpan.FromSeconds(1));

        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(token, "web-17", node)).Status);
        await provisioner.StartedAsync("web-17", CancellationToken.None);
        Assert.Equal(EnrolmentCode.TokenUsed, (await EnrollAsync(token, "web-17", node)).Code);
    }

    [Fact]
    public async Task A_node_that_asks_without_end_waits_alone_and_leaves_one_row_a_minute()
    {
        NKeyPair node = Key();
        NKeyPair other = Key();
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(await TokenAsync("web-17"), "web-17", node)).Status);
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(await TokenAsync("web-18"), "web-18", other)).Status);
        int before = authority.Rows.Count;
        for (int minute = 0; minute < 2; minute++)
        {
            for (int i = 0; i < AskPace.NodeLimit; i++) Assert.Equal(EnrolmentStatus.Issued, (await RenewAsync("web-17", node)).Status);
            for (int i = 0; i < 100; i++) Assert.Equal(EnrolmentCode.Busy, (await RenewAsync("web-17", node)).Code);
            Assert.Equal(EnrolmentStatus.Issued, (await RenewAsync("web-18", other)).Status);
            Assert.Equal(AskPace.NodeLimit + 2, authority.Rows.Count - before);
            before = authority.Rows.Count;
            time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task A_second_key_gets_nothing_and_raises_an_alarm_that_names_both()
    {
        string token = await TokenAsync("web-17");
        NKeyPair first = Key();
        NKeyPair second = Key();
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(token, "web-17", first)).Status);
        EnrolmentReply refused = await EnrollAsync(token, "web-17", second);
        Assert.Equal(EnrolmentCode.TokenUsed, refused.Code);
        Assert.Null(refused.Jwt);
        string row = authority.Rows[^1].Message!;
        Assert.Contains("alarm", row, StringComparison.Ordinal);
        Assert.Contains(first.PublicKey, row, StringComparison.Ordinal);
        Assert.Contains(second.PublicKey, row, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_keys_at_the_same_instant_at_two_brokers_exactly_one_wins()
    {
        for (int i = 0; i < 20; i++)
        {
            string token = await TokenAsync($"web-{i}");
            NKeyPair one = Key();
            NKeyPair two = Key();
            Provisioner other = Make();
            EnrolmentReply[] replies = await Task.WhenAll(
                Task.Run(() => provisioner.EnrollAsync(token, Request(token, $"web-{i}", one), CancellationToken.None)), Task.Run(() => other.EnrollAsync(token, Request(token, $"web-{i}", two), CancellationToken.None)));
            Assert.Single(replies, reply => reply.Status == EnrolmentStatus.Issued);
            Assert.Single(replies, reply => reply.Code is EnrolmentCode.TokenUsed or EnrolmentCode.NameTaken);
        }
    }

    [Fact]
    public async Task A_token_is_for_its_names_alone_and_a_key_proves_itself()
    {
        string token = await TokenAsync("web-*");
        NKeyPair node = Key();
        Assert.Equal(EnrolmentCode.NameNotAllowed, (await EnrollAsync(token, "db-1", node)).Code);
        EnrolmentRequest request = Request(token, "web-1", node);
        Assert.Equal(EnrolmentCode.BadProof, (await provisioner.EnrollAsync(token, request with { Node = "web-2" }, CancellationToken.None)).Code);
        Assert.Equal(EnrolmentCode.BadProof, (await provisioner.EnrollAsync(token, request with { Key = Key().PublicKey }, CancellationToken.None)).Code);
        Assert.Equal(EnrolmentCode.BadProof, (await provisioner.EnrollAsync(await TokenAsync("web-1"), request, CancellationToken.None)).Code);
    }

    [Fact]
    public async Task An_unknown_expired_or_withdrawn_token_says_which()
    {
        NKeyPair node = Key();
        Assert.Equal(EnrolmentCode.TokenUnknown, (await EnrollAsync(Key().PublicKey, "web-17", node)).Code);
        string late = await TokenAsync("web-17");
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(EnrolmentCode.TokenExpired, (await EnrollAsync(late, "web-17", node)).Code);
        string withdrawn = await TokenAsync("web-17");
        Assert.Equal("ok", (await AdminAsync(AdminAction.Untoken, new AdminRequest { Id = "r", Key = withdrawn[..12] })).Code);
        Assert.Equal(EnrolmentCode.TokenRevoked, (await EnrollAsync(withdrawn, "web-17", node)).Code);
    }

    [Fact]
    public async Task A_taken_name_needs_a_token_that_replaces_and_the_old_key_is_revoked_before_the_new_one_is_signed()
    {
        NKeyPair old = Key();
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(await TokenAsync("web-17"), "web-17", old)).Status);
        Assert.Equal("conflict", (await AdminAsync(AdminAction.Token, new AdminRequest { Id = "r", Node = "web-17" })).Code);
        // A pattern does not see the name before it is asked for.
        string pattern = await TokenAsync("web-*");
        policy = policy with { Rules = [new EnrolmentRule { Decision = EnrolmentDecision.Auto }] };
        Assert.Equal(EnrolmentCode.NameTaken, (await EnrollAsync(pattern, "web-17", Key())).Code);

        string replacing = await TokenAsync("web-17", replace: true);
        NKeyPair fresh = Key();
        bool revokedFirst = false;
        authority.Before = what => revokedFirst |= what == "issue node" && authority.Revoked.Contains(old.PublicKey);
        Assert.Equal(EnrolmentCode.Busy, (await EnrollAsync(replacing, "web-17", fresh)).Code);
        await provisioner.SettleAsync(CancellationToken.None);
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(replacing, "web-17", fresh)).Status);
        Assert.True(revokedFirst);
        Assert.Equal(EnrolmentCode.NameTaken, (await RenewAsync("web-17", old)).Code);
        Assert.Equal(EnrolmentStatus.Issued, (await RenewAsync("web-17", fresh)).Status);
    }

    [Fact]
    public async Task A_name_that_is_taken_twice_before_the_first_key_is_revoked_leaves_no_key_behind()
    {
        NKeyPair first = Key();
        await EnrollAsync(await TokenAsync("web-17"), "web-17", first);
        NKeyPair second = Key();
        authority.Before = static what => { if (what == "revoke") throw new ProvisioningException("the reload failed"); };
        Assert.Equal(EnrolmentCode.Busy, (await EnrollAsync(await TokenAsync("web-17", replace: true), "web-17", second)).Code);
        await Assert.ThrowsAsync<ProvisioningException>(() => provisioner.SettleAsync(CancellationToken.None));

        authority.Before = static _ => { };
        NKeyPair third = Key();
        string again = await TokenAsync("web-17", replace: true);
        for (int ask = 0; ask < 5 && (await EnrollAsync(again, "web-17", third)).Status != EnrolmentStatus.Issued; ask++) await provisioner.SettleAsync(CancellationToken.None);
        Assert.Equal(third.PublicKey, authority.Enrolled[^1].Key);
        Assert.Contains(first.PublicKey, authority.Revoked);
        Assert.Contains(second.PublicKey, authority.Revoked);
    }

    [Fact]
    public async Task A_token_of_several_uses_asks_and_an_approval_is_for_the_key_that_was_seen()
    {
        string token = await TokenAsync("web-*", groups: ["web"], uses: 2);
        NKeyPair node = Key();
        EnrolmentReply waits = await EnrollAsync(token, "web-1", node);
        Assert.Equal((EnrolmentStatus.Pending, true), (waits.Status, waits.RetryS >= 30));
        AdminReply list = await AdminAsync(AdminAction.Enrolments, new AdminRequest { Id = "r" });
        EnrolmentRow row = Assert.Single(list.Enrolments!.Value);
        Assert.Equal(("web-1", "pending", node.PublicKey, "x64"), (row.Node, row.State, row.Key, row.Facts!.Arch));

        // Another key under the name neither pushes it out nor gets its approval.
        Assert.Equal(EnrolmentCode.NameTaken, (await EnrollAsync(token, "web-1", Key())).Code);
        Assert.Equal("conflict", (await AdminAsync(AdminAction.Approve, new AdminRequest { Id = "r", Node = "web-1", Key = Key().PublicKey })).Code);
        Assert.Equal("ok", (await AdminAsync(AdminAction.Approve, new AdminRequest { Id = "r", Node = "web-1", Key = node.PublicKey })).Code);
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(token, "web-1", node)).Status);

        NKeyPair unwanted = Key();
        Assert.Equal(EnrolmentStatus.Pending, (await EnrollAsync(token, "web-2", unwanted)).Status);
        Assert.Equal("ok", (await AdminAsync(AdminAction.Deny, new AdminRequest { Id = "r", Node = "web-2", Reason = "not ours" })).Code);
        EnrolmentReply denied = await EnrollAsync(token, "web-2", unwanted);
        Assert.Equal(EnrolmentCode.Denied, denied.Code);
        Assert.Contains("not ours", denied.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_rule_that_fits_decides_and_a_rate_turns_auto_into_ask()
    {
        policy = new EnrolmentPolicy
        {
            Rules =
            [
                new EnrolmentRule { Names = ["db-*"], Decision = EnrolmentDecision.Refuse },
                new EnrolmentRule { Names = ["web-*"], Groups = ["web"], Token = TokenKind.Several, PerHour = 2, Decision = EnrolmentDecision.Auto },
            ],
        };
        Assert.Equal(EnrolmentCode.Denied, (await EnrollAsync(await TokenAsync("db-1"), "db-1", Key())).Code);
        string token = await TokenAsync("web-*", groups: ["web"], uses: 5);
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(token, "web-1", Key())).Status);
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(token, "web-2", Key())).Status);
        Assert.Equal(EnrolmentStatus.Pending, (await EnrollAsync(token, "web-3", Key())).Status);
        time.Advance(TimeSpan.FromMinutes(61));
        token = await TokenAsync("web-*", groups: ["web"], uses: 5);
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(token, "web-4", Key())).Status);
    }

    [Fact]
    public async Task A_renewal_is_for_the_name_its_key_has_and_is_believed_once()
    {
        NKeyPair node = Key();
        await EnrollAsync(await TokenAsync("web-17"), "web-17", node);
        EnrolmentRequest request = RenewRequest("web-17", node);
        Assert.Equal(EnrolmentStatus.Issued, (await provisioner.RenewAsync("web-17", request, CancellationToken.None)).Status);
        Assert.Equal(EnrolmentCode.Replay, (await provisioner.RenewAsync("web-17", request, CancellationToken.None)).Code);
        Assert.Equal(EnrolmentCode.BadRequest, (await provisioner.RenewAsync("web-18", RenewRequest("web-17", node), CancellationToken.None)).Code);
        Assert.Equal(EnrolmentCode.NotEnrolled, (await RenewAsync("web-18", node)).Code);
        Assert.Equal(EnrolmentCode.NameTaken, (await RenewAsync("web-17", Key())).Code);
        EnrolmentRequest old = RenewRequest("web-17", node);
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(EnrolmentCode.Stale, (await provisioner.RenewAsync("web-17", old, CancellationToken.None)).Code);
        authority.Revoked.Add(node.PublicKey);
        Assert.Equal(EnrolmentCode.Revoked, (await RenewAsync("web-17", node)).Code);
    }

    [Fact]
    public async Task A_node_that_slept_past_its_expiry_recovers_by_itself_for_90_days_and_by_a_person_after()
    {
        NKeyPair node = Key();
        await EnrollAsync(await TokenAsync("web-17"), "web-17", node);
        time.Advance(TimeSpan.FromDays(7 + 89));
        Assert.Equal(EnrolmentStatus.Issued, (await RecoverAsync("web-17", node)).Status);
        time.Advance(TimeSpan.FromDays(7 + 91));
        Assert.Equal(EnrolmentStatus.Pending, (await RecoverAsync("web-17", node)).Status);
        Assert.Equal("ok", (await AdminAsync(AdminAction.Approve, new AdminRequest { Id = "r", Node = "web-17" })).Code);
        Assert.Equal(EnrolmentStatus.Issued, (await RecoverAsync("web-17", node)).Status);
        // One approval, one recovery.
        time.Advance(TimeSpan.FromDays(7 + 91));
        Assert.Equal(EnrolmentStatus.Pending, (await RecoverAsync("web-17", node)).Status);
        authority.Revoked.Add(node.PublicKey);
        Assert.Equal(EnrolmentCode.Revoked, (await RecoverAsync("web-17", node)).Code);
        EnrolmentRequest foreign = RecoverRequest("web-17", Key());
        Assert.Equal(EnrolmentCode.BadRequest, (await provisioner.RecoverAsync(node.PublicKey, foreign, CancellationToken.None)).Code);
    }

    [Fact]
    public async Task Cut_off_at_any_step_the_node_ends_enrolled_when_it_asks_again_and_nobody_else_has_its_name()
    {
        int step = 0;
        bool cut = true;
        for (; cut && step < 50; step++)
        {
            string name = $"cut-{step}";
            string first = await TokenAsync(name);
            NKeyPair old = Key();
            await EnrollAsync(first, name, old);
            string token = await TokenAsync(name, replace: true);
            NKeyPair node = Key();
            int left = step;
            cut = false;
            void Cut(string what)
            {
                if (left-- != 0) return;
                cut = true;
                throw new IOException("the power went before " + what);
            }

            authority.Before = Cut;
            book.Before = Cut;
            try
            {
                await EnrollAsync(token, name, node);
                await provisioner.SettleAsync(CancellationToken.None);
                await EnrollAsync(token, name, node);
            }
            catch (IOException)
            {
                // That process is gone; another takes over with what is in the bucket.
            }

            authority.Before = static _ => { };
            book.Before = static _ => { };
            provisioner = Make();
            // Before its use was bound, another key may be quicker; after that, none.
            NKeyPair rival = Key();
            EnrolmentReply quicker = await EnrollAsync(token, name, rival);
            EnrolmentReply again = await EnrollAsync(token, name, node);
            await provisioner.SettleAsync(CancellationToken.None);
            if (quicker.Code == EnrolmentCode.Busy) quicker = await EnrollAsync(token, name, rival);
            if (again.Code == EnrolmentCode.Busy) again = await EnrollAsync(token, name, node);
            bool other = quicker.Status == EnrolmentStatus.Issued;
            bool mine = again.Status == EnrolmentStatus.Issued;
            Assert.True(mine != other, again.ToString());
            Assert.NotEqual(EnrolmentStatus.Issued, (await RenewAsync(name, old)).Status);
            Assert.Equal(mine ? EnrolmentStatus.Issued : EnrolmentStatus.Refused, (await RenewAsync(name, node)).Status);
        }

        Assert.InRange(step, 6, 49);
    }

    [Theory]
    [InlineData("*")]
    [InlineData(">")]
    [InlineData("a.b")]
    [InlineData("A")]
    [InlineData("")]
    [InlineData("ü")]
    public async Task A_name_that_is_a_subject_is_never_signed(string name)
    {
        string token = await TokenAsync("web-*");
        EnrolmentReply reply = await provisioner.EnrollAsync(token, Request(token, name, Key()), CancellationToken.None);
        Assert.Equal(EnrolmentStatus.Refused, reply.Status);
        Assert.Null(reply.Jwt);
    }

    [Fact]
    public async Task What_an_admin_did_is_in_the_audit_without_the_token()
    {
        AdminReply made = await AdminAsync(AdminAction.Token, new AdminRequest { Id = "r7", Node = "web-17" });
        Assert.True(EnrolmentToken.TryParse(made.Token!, out EnrolmentToken? token, out string? error), error);
        Assert.Equal(authority.TrustKey, token.Trust);
        Assert.Equal(("alice", "token", "r7", "allowed"), (authority.Rows[^1].Caller, authority.Rows[^1].Action, authority.Rows[^1].Request, authority.Rows[^1].Decision));
        Assert.DoesNotContain(authority.Rows, row => row.ToString().Contains(token.Seed, StringComparison.Ordinal) || row.ToString().Contains(token.Jwt, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_startup_that_was_missed_spends_its_token_at_the_next_look()
    {
        string token = await TokenAsync("web-17");
        string other = await TokenAsync("web-18");
        NKeyPair node = Key();
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(token, "web-17", node)).Status);
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(other, "web-18", Key())).Status);
        // It was let in and did not come yet: the same key may ask again.
        Assert.Equal((0, 0), await provisioner.UpkeepAsync(CancellationToken.None));
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(token, "web-17", node)).Status);
        authority.Spoken.Add("web-17");
        provisioner = Make();
        Assert.Equal((1, 0), await provisioner.UpkeepAsync(CancellationToken.None));
        Assert.Equal(EnrolmentCode.TokenUsed, (await EnrollAsync(token, "web-17", node)).Code);
        Assert.Equal((0, 0), await provisioner.UpkeepAsync(CancellationToken.None));
        Assert.Equal(["bound", "used"], await StatesAsync());
    }

    [Fact]
    public async Task What_the_holder_of_the_name_before_said_spends_nothing()
    {
        string first = await TokenAsync("web-17");
        await EnrollAsync(first, "web-17", Key());
        await EnrollAsync(await TokenAsync("web-17", replace: true), "web-17", Key());
        authority.Spoken.Add("web-17");
        // The name is the second key's now; the first token's node never came.
        Assert.Equal((1, 0), await provisioner.UpkeepAsync(CancellationToken.None));
        Assert.Equal("bound", TokenBookFormat.Token((await book.GetAsync(first, CancellationToken.None))!).State(time.GetUtcNow()));
    }

    [Fact]
    public async Task Tokens_that_are_worth_nothing_for_30_days_are_taken_out_and_what_they_enrolled_stays()
    {
        string used = await TokenAsync("web-1");
        string unused = await TokenAsync("web-2");
        NKeyPair node = Key();
        await EnrollAsync(used, "web-1", node);
        await provisioner.StartedAsync("web-1", CancellationToken.None);
        time.Advance(TimeSpan.FromDays(20));
        string later = await TokenAsync("web-3");
        Assert.Equal((0, 0), await provisioner.UpkeepAsync(CancellationToken.None));
        time.Advance(TimeSpan.FromDays(11));
        Assert.Equal((0, 2), await provisioner.UpkeepAsync(CancellationToken.None));
        Assert.Equal([later], (await book.KeysAsync(CancellationToken.None)).Where(TokenBookFormat.IsToken));
        Assert.Equal(2, authority.Rows.Count(row => row.Action == "forget" && row.Decision == "allowed"));
        // Nobody has the name but who had it, and the token leads nowhere.
        Assert.Equal("conflict", (await AdminAsync(AdminAction.Token, new AdminRequest { Id = "r", Node = "web-1" })).Code);
        foreach (string gone in (string[])[used, unused]) Assert.Equal(EnrolmentCode.TokenUnknown, (await EnrollAsync(gone, "web-1", Key())).Code);
        Assert.Equal(EnrolmentStatus.Issued, (await RecoverAsync("web-1", node)).Status);
    }

    [Fact]
    public async Task Questions_and_answers_that_nobody_cares_for_in_30_days_are_taken_out_whatever_became_of_them()
    {
        policy = policy with { Rules = [new EnrolmentRule { Decision = EnrolmentDecision.Ask }] };
        foreach (string node in (string[])["web-1", "web-2", "web-3"]) Assert.Equal(EnrolmentStatus.Pending, (await EnrollAsync(await TokenAsync(node), node, Key())).Status);
        await AdminAsync(AdminAction.Approve, new AdminRequest { Id = "r", Node = "web-2" });
        await AdminAsync(AdminAction.Deny, new AdminRequest { Id = "r", Node = "web-3" });
        time.Advance(TimeSpan.FromDays(29));
        Assert.Equal((0, 0), await provisioner.UpkeepAsync(CancellationToken.None));
        NKeyPair late = Key();
        Assert.Equal(EnrolmentStatus.Pending, (await EnrollAsync(await TokenAsync("web-4"), "web-4", late)).Status);
        time.Advance(TimeSpan.FromDays(2));
        Assert.Equal((0, 6), await provisioner.UpkeepAsync(CancellationToken.None));
        Assert.Equal([TokenBookFormat.AskKey("web-4")], (await book.KeysAsync(CancellationToken.None)).Where(TokenBookFormat.IsAsk));
        Assert.Equal(3, authority.Rows.Count(row => row is { Action: "forget", Message: { } why } && why.Contains("for over 30 days", StringComparison.Ordinal) && why.StartsWith("it was ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_renewal_may_bring_a_new_key_which_has_the_name_from_then_on()
    {
        (NKeyPair old, NKeyPair fresh) = (await EnrolledAsync("web-1"), Key());
        EnrolmentReply reply = await RekeyAsync("web-1", old, fresh);
        Assert.Equal((EnrolmentStatus.Issued, null), (reply.Status, reply.Message));
        Assert.True(NatsJwt.TryRead(reply.Jwt!, out NatsUserClaims? login, out _));
        Assert.Equal((fresh.PublicKey, "web-1"), (login.Subject, login.Name));
        Assert.Contains(authority.Rows, row => row is { Action: "rekey", Decision: "allowed" } && row.Key == fresh.PublicKey && row.Message!.Contains(old.PublicKey, StringComparison.Ordinal));
        // Nobody is cut for it.
        Assert.Empty(authority.Revoked);
        authority.Spoken.Add("web-1");
        Assert.Equal(EnrolmentStatus.Issued, (await RenewAsync("web-1", fresh)).Status);
        Assert.Equal(EnrolmentStatus.Issued, (await RecoverAsync("web-1", fresh)).Status);
        Assert.Equal(EnrolmentStatus.Issued, (await RekeyAsync("web-1", fresh, Key())).Status);
    }

    [Fact]
    public async Task Until_the_new_key_was_seen_the_old_one_may_ask_again_for_the_same_for_another_and_for_itself()
    {
        (NKeyPair old, NKeyPair fresh, NKeyPair other) = (await EnrolledAsync("web-1"), Key(), Key());
        Assert.Equal(EnrolmentStatus.Issued, (await RekeyAsync("web-1", old, fresh)).Status);
        Assert.Equal(EnrolmentStatus.Issued, (await RekeyAsync("web-1", old, fresh)).Status);
        Assert.Equal(EnrolmentStatus.Issued, (await RekeyAsync("web-1", old, other)).Status);
        Assert.Equal(EnrolmentCode.NameTaken, (await RenewAsync("web-1", fresh)).Code);
        Assert.Equal(EnrolmentStatus.Issued, (await RenewAsync("web-1", old)).Status);
        Assert.Equal(EnrolmentCode.NameTaken, (await RenewAsync("web-1", other)).Code);
        Assert.Equal(EnrolmentStatus.Issued, (await RekeyAsync("web-1", old, other)).Status);
        Assert.Equal(EnrolmentStatus.Issued, (await RecoverAsync("web-1", old)).Status);
        Assert.Equal(old.PublicKey, TokenBookFormat.Node((await book.GetAsync(TokenBookFormat.NodeKey("web-1"), CancellationToken.None))!).Key);
    }

    [Fact]
    public async Task A_copy_of_a_node_that_asks_with_the_key_of_before_is_refused_and_raises_an_alarm()
    {
        (NKeyPair old, NKeyPair fresh) = (await EnrolledAsync("web-1"), Key());
        await RekeyAsync("web-1", old, fresh);
        authority.Spoken.Add("web-1");
        foreach (EnrolmentReply reply in (EnrolmentReply[])[await RenewAsync("web-1", old), await RekeyAsync("web-1", old, Key()), await RecoverAsync("web-1", old)])
        {
            Assert.Equal((EnrolmentStatus.Refused, EnrolmentCode.NameTaken), (reply.Status, reply.Code));
            Assert.StartsWith("alarm: ", reply.Message, StringComparison.Ordinal);
        }

        Assert.Equal(fresh.PublicKey, TokenBookFormat.Node((await book.GetAsync(TokenBookFormat.NodeKey("web-1"), CancellationToken.None))!).Key);
    }

    [Fact]
    public async Task A_new_key_that_did_not_sign_an_old_one_that_did_not_a_replay_and_a_revoked_key_get_nothing()
    {
        (NKeyPair old, NKeyPair fresh, NKeyPair thief) = (await EnrolledAsync("web-1"), Key(), Key());
        EnrolmentRequest good = RekeyRequest("web-1", old, fresh);
        foreach (EnrolmentRequest forged in (EnrolmentRequest[])
                 [
                     good with { NewProof = good.Proof },
                     good with { Proof = good.NewProof! },
                     good with { NewKey = thief.PublicKey },
                     RekeyRequest("web-1", thief, fresh) with { Key = old.PublicKey },
                     RekeyRequest("web-1", old, old),
                     RenewRequest("web-1", old) with { NewKey = thief.PublicKey, NewProof = good.NewProof },
                 ]) Assert.Equal(EnrolmentCode.BadProof, (await provisioner.RenewAsync("web-1", forged, CancellationToken.None)).Code);
        Assert.Equal(EnrolmentStatus.Issued, (await provisioner.RenewAsync("web-1", good, CancellationToken.None)).Status);
        Assert.Equal(EnrolmentCode.Replay, (await provisioner.RenewAsync("web-1", good, CancellationToken.None)).Code);
        Assert.Equal(EnrolmentCode.NameTaken, (await RekeyAsync("web-1", thief, Key())).Code);
        authority.Revoked.Add(thief.PublicKey);
        Assert.Equal(EnrolmentCode.Revoked, (await RekeyAsync("web-1", fresh, thief)).Code);
        authority.Revoked.Add(fresh.PublicKey);
        Assert.Equal(EnrolmentCode.Revoked, (await RekeyAsync("web-1", fresh, Key())).Code);
    }

    [Fact]
    public async Task One_turn_looks_at_so_many_tokens_and_the_next_goes_on()
    {
        DateTimeOffset now = time.GetUtcNow();
        var old = new TokenRecord { For = "web-1", Made = now.AddDays(-40), Expires = now.AddDays(-39) };
        for (int i = 0; i < Provisioner.MostInOneTurn + 3; i++)
        {
            using NKeyPair key = NKeyPair.Create(NKeyType.User);
            await book.CreateAsync(key.PublicKey, TokenBookFormat.ToBytes(old), CancellationToken.None);
        }

        Assert.Equal((0, Provisioner.MostInOneTurn), await provisioner.UpkeepAsync(CancellationToken.None));
        Assert.Equal((0, 3), await provisioner.UpkeepAsync(CancellationToken.None));
        Assert.Equal((0, 0), await provisioner.UpkeepAsync(CancellationToken.None));
    }

    public void Dispose()
    {
        foreach (NKeyPair key in keys) key.Dispose();
        foreach (Provisioner one in provisioners) one.Dispose();
        authority.Dispose();
    }

    private Provisioner Make()
    {
        var made = new Provisioner(new ProvisionerParts { Book = book, Authority = authority, Record = authority, Time = time, Policy = () => policy });
        provisioners.Add(made);
        return made;
    }

    private async Task<string[]> StatesAsync() => [.. (await AdminAsync(AdminAction.Tokens, new AdminRequest { Id = "r" })).Tokens!.Value.Select(row => row.State).Order(StringComparer.Ordinal)];

    private NKeyPair Key()
    {
        var key = NKeyPair.Create(NKeyType.User);
        keys.Add(key);
        return key;
    }

    private async Task<string> TokenAsync(string node, string[]? groups = null, int uses = 1, bool replace = false)
    {
        AdminReply reply = await AdminAsync(AdminAction.Token, new AdminRequest { Id = "r", Node = node, Groups = groups is null ? null : [.. groups], Uses = uses, Replace = replace });
        Assert.Equal(("ok", null), (reply.Code, reply.Message));
        return reply.Tokens!.Value[0].Key;
    }

    private Task<AdminReply> AdminAsync(AdminAction action, AdminRequest request) => provisioner.AdminAsync(action, request, "alice", "UALICE", CancellationToken.None);

    private Task<EnrolmentReply> EnrollAsync(string token, string node, NKeyPair key) => provisioner.EnrollAsync(token, Request(token, node, key), CancellationToken.None);

    private Task<EnrolmentReply> RenewAsync(string node, NKeyPair key) => provisioner.RenewAsync(node, RenewRequest(node, key), CancellationToken.None);

    private async Task<NKeyPair> EnrolledAsync(string node)
    {
        NKeyPair key = Key();
        Assert.Equal(EnrolmentStatus.Issued, (await EnrollAsync(await TokenAsync(node), node, key)).Status);
        await provisioner.StartedAsync(node, CancellationToken.None);
        return key;
    }

    private Task<EnrolmentReply> RekeyAsync(string node, NKeyPair key, NKeyPair fresh) => provisioner.RenewAsync(node, RekeyRequest(node, key, fresh), CancellationToken.None);

    private EnrolmentRequest RekeyRequest(string node, NKeyPair key, NKeyPair fresh)
    {
        byte[] lines = [];
        EnrolmentRequest request = Signed(node, key, (now, nonce) => lines = EnrolmentProof.Renew(key.PublicKey, node, now, nonce, fresh.PublicKey));
        return request with { NewKey = fresh.PublicKey, NewProof = Base64Url.EncodeToString(fresh.Sign(lines)) };
    }

    private Task<EnrolmentReply> RecoverAsync(string node, NKeyPair key) => provisioner.RecoverAsync(key.PublicKey, RecoverRequest(node, key), CancellationToken.None);

    private EnrolmentRequest Request(string token, string node, NKeyPair key) => Signed(node, key, (now, nonce) => EnrolmentProof.Enroll(token, node, now, nonce));

    private EnrolmentRequest RenewRequest(string node, NKeyPair key) => Signed(node, key, (now, nonce) => EnrolmentProof.Renew(key.PublicKey, node, now, nonce, null));

    private EnrolmentRequest RecoverRequest(string node, NKeyPair key) => Signed(node, key, (now, nonce) => EnrolmentProof.Recover(key.PublicKey, node, now, nonce));

    private EnrolmentRequest Signed(string node, NKeyPair key, Func<long, string, byte[]> lines)
    {
        long now = time.GetUtcNow().ToUnixTimeMilliseconds();
        string nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        return new EnrolmentRequest
        {
            Node = node,
            Key = key.PublicKey,
            Time = now,
            Nonce = nonce,
            Proof = Base64Url.EncodeToString(key.Sign(lines(now, nonce))),
            Facts = new NodeFactsBrief("linux", "x64", "0.1.0"),
        };
    }
}
