using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;

namespace Scout.Protocol.Tests.Security.Signing;

[Trait("attack", "15")]
[Trait("attack", "16")]
[Trait("attack", "18")]
[Trait("attack", "A6")]
public sealed class RequestProofTests
{
    private readonly ProofTrial trial = new();

    [Fact]
    public void A_signed_request_proves_name_key_and_role()
    {
        RequestSignature request = trial.Sign(trial.Jwt("anna", ScoutRole.Viewer));
        ProofResult result = trial.Prove(request);
        Assert.Equal(ProofOutcome.Proven, result.Outcome);
        Assert.Equal(new ProvenCaller("anna", ProofTrial.Key('U', "anna"), ScoutRole.Viewer, request.Nonce), result.Caller);
    }

    [Fact]
    public void What_was_signed_for_another_subject_body_time_or_nonce_is_refused()
    {
        string jwt = trial.Jwt();
        Refused(SignatureFaults.BadSignature, trial.Prove(trial.Sign(jwt, "scout.rpc.all.maintenance"), "scout.rpc.node.web1.maintenance"));
        Refused(SignatureFaults.BadSignature, trial.Prove(trial.Sign(jwt, "scout.rpc.node.a.maintenance"), "scout.rpc.node.b.maintenance"));
        Refused(SignatureFaults.BadSignature, trial.Prove(trial.Sign(jwt), body: """{"all":true}"""));
        RequestSignature good = trial.Sign(jwt);
        Refused(SignatureFaults.BadSignature, trial.Prove(good with { TimeMs = good.TimeMs + 1 }));
        Refused(SignatureFaults.BadSignature, trial.Prove(good with { Nonce = trial.Sign(jwt).Nonce }));
        Refused(SignatureFaults.BadSignature, trial.Prove(trial.Sign(jwt, signer: ProofTrial.Key('U', "mallory"))));
        Assert.Equal(ProofOutcome.Proven, trial.Prove(good).Outcome);
    }

    [Fact]
    public void A_role_key_that_is_no_more_in_the_trust_document_proves_nobody()
    {
        string jwt = trial.Jwt(issuer: ProofTrial.Key('A', "role-operator"));
        Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(jwt)).Outcome);
        trial.Current = trial.Current! with { Roles = trial.Current.Roles.Remove("operator") };
        Refused(SignatureFaults.UnknownIssuer, trial.Prove(trial.Sign(jwt)));
    }

    [Fact]
    public void A_caller_of_another_fleet_is_refused() =>
        Refused(SignatureFaults.OtherFleet, trial.Prove(trial.Sign(trial.Jwt(account: ProofTrial.Key('A', "other")))));

    [Fact]
    public void An_unknown_issuer_is_refused() => Refused(SignatureFaults.UnknownIssuer, trial.Prove(trial.Sign(trial.Jwt(issuer: ProofTrial.Key('A', "mine")))));

    [Fact]
    public void A_broken_token_is_refused() => Refused(SignatureFaults.BadJwt, trial.Prove(trial.Sign(trial.Jwt()) with { Jwt = "x" }));

    [Fact]
    public void An_expired_token_is_refused_also_when_it_was_proved_before()
    {
        string jwt = trial.Jwt(expires: trial.Time.GetUtcNow().AddSeconds(10));
        Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(jwt)).Outcome);
        trial.Time.Advance(TimeSpan.FromSeconds(10));
        Refused(SignatureFaults.Expired, trial.Prove(trial.Sign(jwt)));
    }

    [Fact]
    public void A_token_of_tomorrow_is_refused_and_one_of_a_clock_a_little_ahead_is_not()
    {
        Refused(SignatureFaults.NotYet, trial.Prove(trial.Sign(trial.Jwt(notBefore: trial.Time.GetUtcNow().AddHours(1)))));
        Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(trial.Jwt(notBefore: trial.Time.GetUtcNow().AddSeconds(30)))).Outcome);
    }

    [Fact]
    public void A_revoked_caller_is_refused_at_once()
    {
        string jwt = trial.Jwt();
        Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(jwt)).Outcome);
        trial.Current = ProofTrial.Document(ProofTrial.Key('U', "anna"));
        Refused(SignatureFaults.Revoked, trial.Prove(trial.Sign(jwt)));
    }

    [Theory]
    [InlineData("*", ScoutRole.Operator)]
    [InlineData("Anna", ScoutRole.Operator)]
    [InlineData("a.b", ScoutRole.Node)]
    [InlineData(">", ScoutRole.Broker)]
    public void A_name_that_no_caller_may_have_is_refused(string name, ScoutRole role) => Refused(SignatureFaults.BadName, trial.Prove(trial.Sign(trial.Jwt(name, role))));

    [Fact]
    public void Without_a_trust_document_nobody_is_believed()
    {
        trial.Current = null;
        Refused(SignatureFaults.NoTrust, trial.Prove(trial.Sign(trial.Jwt())));
    }

    [Theory]
    [InlineData(61)]
    [InlineData(-61)]
    [InlineData(365 * 86400)]
    [InlineData(-365 * 86400)]
    public void A_clock_that_is_off_is_told_so(int seconds)
    {
        ProofResult result = trial.Prove(trial.Sign(trial.Jwt(expires: DateTimeOffset.MaxValue), at: trial.Time.GetUtcNow().AddSeconds(seconds)));
        Assert.Equal((ProofOutcome.Stale, "anna"), (result.Outcome, result.Caller?.Name));
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public void A_minute_is_allowed(int seconds) =>
        Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(trial.Jwt(), at: trial.Time.GetUtcNow().AddSeconds(seconds))).Outcome);

    [Fact]
    public void The_same_request_again_is_a_replay_for_as_long_as_it_is_fresh()
    {
        RequestSignature request = trial.Sign(trial.Jwt(), at: trial.Time.GetUtcNow().AddSeconds(60));
        Assert.Equal(ProofOutcome.Proven, trial.Prove(request).Outcome);
        foreach (int wait in (int[])[0, 59, 60])
        {
            trial.Time.Advance(TimeSpan.FromSeconds(wait));
            Refused(SignatureFaults.Replay, trial.Prove(request));
        }

        trial.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(ProofOutcome.Stale, trial.Prove(request).Outcome);
    }

    [Fact]
    public void A_restart_forgets_no_effect()
    {
        RequestSignature request = trial.Sign(trial.Jwt());
        ProvenCaller caller = trial.Prove(request).Caller!;
        trial.Restart((caller.Key, caller.Nonce));
        Refused(SignatureFaults.Replay, trial.Prove(request));
    }

    [Fact]
    public void Two_callers_may_have_the_same_nonce()
    {
        RequestSignature one = trial.Sign(trial.Jwt("anna"));
        trial.Restart((ProofTrial.Key('U', "bob"), one.Nonce));
        Assert.Equal(ProofOutcome.Proven, trial.Prove(one).Outcome);
    }

    [Fact]
    public void A_proved_token_is_not_verified_again()
    {
        string jwt = trial.Jwt();
        for (int i = 0; i < 3; i++) Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(jwt)).Outcome);
        Assert.Equal((1, 4), (trial.TokensRead, trial.Proof.Verifications));
    }

    [Fact]
    public void A_token_whose_holder_has_not_signed_is_not_kept()
    {
        string jwt = trial.Jwt();
        for (int i = 0; i < 3; i++) trial.Prove(trial.Sign(jwt, signer: "other"));
        Assert.Equal(3, trial.TokensRead);
    }

    [Fact]
    public void Two_hundred_and_fifty_six_tokens_are_kept_the_one_used_longest_ago_goes()
    {
        string[] jwts = [.. Enumerable.Range(0, SigningLimits.ProvenJwts + 1).Select(i => trial.Jwt($"p{i}"))];
        foreach (string jwt in jwts) Ask(jwt);
        long read = trial.TokensRead;
        Ask(jwts[^1]);
        Ask(jwts[1]);
        Assert.Equal(read, trial.TokensRead);
        Ask(jwts[0]);
        Assert.Equal(read + 1, trial.TokensRead);
        // The first again took the place of the third, for the second was used just before.
        Ask(jwts[1]);
        Ask(jwts[2]);
        Assert.Equal(read + 2, trial.TokensRead);

        void Ask(string jwt)
        {
            Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(jwt)).Outcome);
            trial.Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void More_than_fifty_a_second_are_not_looked_at()
    {
        ProofOutcome[] outcomes = [.. Enumerable.Range(0, 200).Select(i => trial.Prove(trial.Sign(trial.Jwt($"p{i}"))).Outcome)];
        Assert.Equal(SigningLimits.UnprovenPerSecond, outcomes.Count(one => one == ProofOutcome.Proven));
        Assert.Equal(150, outcomes.Count(one => one == ProofOutcome.Busy));
        Assert.Equal(2 * SigningLimits.UnprovenPerSecond, trial.Proof.Verifications);
        trial.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(trial.Jwt("p300"))).Outcome);
    }

    [Fact]
    public void A_flood_of_invented_tokens_does_not_keep_out_who_was_proved_before()
    {
        string jwt = trial.Jwt();
        Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(jwt)).Outcome);
        for (int i = 0; i < 1000; i++) trial.Prove(trial.Sign(trial.Jwt()) with { Jwt = $"invented {i}" });
        Assert.Equal(ProofOutcome.Busy, trial.Prove(trial.Sign(trial.Jwt("bob"))).Outcome);
        Assert.Equal(ProofOutcome.Proven, trial.Prove(trial.Sign(jwt)).Outcome);
    }

    [Fact]
    public void What_is_too_big_or_wants_no_answer_is_refused_before_anything_else()
    {
        IReadOnlyList<KeyValuePair<string, string>> headers = SignedLines.Headers("jwt", 1, new string('a', 22), new byte[64]);
        Assert.NotNull(RequestProof.Look("_INBOX.x.1", headers, SigningLimits.MaxBody, out _));
        Assert.Null(RequestProof.Look("_INBOX.x.1", headers, SigningLimits.MaxBody + 1, out string? why));
        Assert.Equal(SignatureFaults.LongBody, why);
        Assert.Null(RequestProof.Look(null, headers, 2, out why));
        Assert.Equal(SignatureFaults.NoReply, why);
    }

    [Fact]
    public void A_signer_makes_headers_that_are_proved_each_with_a_nonce_of_its_own()
    {
        byte next = 0;
        string jwt = trial.Jwt();
        var signer = new RequestSigner(jwt, lines => System.Security.Cryptography.SHA512.HashData([.. System.Text.Encoding.UTF8.GetBytes(jwt.Split('|')[0]), .. lines]), bytes => bytes.Fill(next++), trial.Time);
        for (int i = 0; i < 2; i++)
        {
            RequestSignature request = RequestProof.Look("_INBOX.x.1", signer.Headers(ProofTrial.Subject, "{}"u8), 2, out _)!;
            Assert.Equal(ProofOutcome.Proven, trial.Prove(request).Outcome);
        }
    }

    private static void Refused(string why, ProofResult result) => Assert.Equal((ProofOutcome.Refused, why), (result.Outcome, result.Why));
}
