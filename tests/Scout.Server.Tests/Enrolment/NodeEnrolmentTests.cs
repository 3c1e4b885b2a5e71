using Microsoft.Extensions.Logging.Abstractions;
using Scout.Nats;
using Scout.Protocol.Security.Enrolment;
using Scout.Server.Enrolment;
using Scout.Server.Identity;
using Scout.Testing;

namespace Scout.Server.Tests.Enrolment;

/// <summary>Enrolment, renewal and recovery turn by turn, in virtual time.</summary>
[Trait("attack", "28")]
public sealed class NodeEnrolmentTests : IDisposable
{
    private readonly ManualTime time = new();
    private readonly TempFolder folder = new();
    private readonly ModelProvisioner provisioner;
    private readonly List<NodeCredentials> issued = [];
    private readonly List<IDisposable> made = [];
    private NodeIdentity identity = null!;
    private NodeEnrolment enrolment = null!;
    private bool connected = true;
    private bool renewKey;

    public NodeEnrolmentTests()
    {
        provisioner = new ModelProvisioner(time);
        Start();
    }

    private string TokenFile => Path.Combine(folder.Path, "enroll.token");

    [Fact]
    public async Task Without_credentials_and_token_it_asks_nobody_and_says_how_to_mend_it()
    {
        await TurnAsync();
        Assert.Equal(EnrolmentPhase.NotEnrolled, enrolment.State.Phase);
        Assert.Contains("not enrolled", enrolment.State.Words, StringComparison.Ordinal);
        Assert.Contains("scout token new --for web1", enrolment.State.Words, StringComparison.Ordinal);
        Assert.Contains(TokenFile, enrolment.State.Words, StringComparison.Ordinal);
        Assert.Empty(provisioner.Asked);
        Assert.False(File.Exists(Path.Combine(folder.Path, "identity", "node.nk")));
    }

    [Fact]
    public async Task A_token_that_comes_later_enrols_and_is_deleted_when_the_node_is_connected()
    {
        await TurnAsync();
        PutToken(provisioner.TokenText());
        await TurnAsync();
        NodeCredentials given = Assert.Single(issued);
        Assert.Equal(["web"], given.Groups);
        Assert.Equal(EnrolmentPhase.Enrolled, enrolment.State.Phase);
        Assert.NotNull(identity.Current);
        Assert.True(File.Exists(TokenFile));
        enrolment.LoggedIn();
        Assert.False(File.Exists(TokenFile));
        foreach (string name in (string[])["node.nk", "node.creds", "recover.creds", "ca.pem", "trust.json", "fleet.json"])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder.Path, "identity", name)));

        // A new process has it all from the files.
        Start();
        await TurnAsync();
        Assert.Equal(EnrolmentPhase.Enrolled, enrolment.State.Phase);
        Assert.Equal(given.Jwt, identity.Credentials!.Jwt);
        Assert.Single(provisioner.Asked);
        using NatsCreds creds = NatsCreds.Read(identity.CredentialsFile, time.GetUtcNow());
        Assert.Equal("web1", creds.Claims.Name);
    }

    [Fact]
    public async Task The_key_is_on_disk_before_it_is_asked_for_and_stays_the_same_for_every_try()
    {
        PutToken(provisioner.TokenText());
        string? seen = null;
        provisioner.Answer = ask =>
        {
            Assert.True(File.Exists(Path.Combine(folder.Path, "identity", "node.nk")));
            seen = ModelProvisioner.Read(ask).Key;
            throw new ProvisionerUnreachableException("no line");
        };
        await TurnAsync();
        string first = seen!;
        Start();
        await TurnAsync();
        Assert.Equal(first, seen);
        Assert.NotEqual(ModelProvisioner.Read(provisioner.Asked[0]).Nonce, ModelProvisioner.Read(provisioner.Asked[1]).Nonce);
    }

    [Fact]
    public async Task No_answer_is_asked_again_soon_and_a_pending_one_after_half_a_minute_and_never_busily()
    {
        PutToken(provisioner.TokenText(time.GetUtcNow().AddDays(1)));
        provisioner.Answer = _ => throw new ProvisionerUnreachableException("connection refused");
        int asked = await AsksWithinAsync(TimeSpan.FromMinutes(10));
        Assert.InRange(asked, 9, 20);
        Assert.Equal(EnrolmentPhase.Asking, enrolment.State.Phase);
        Assert.Contains("connection refused", enrolment.State.Words, StringComparison.Ordinal);

        provisioner.Answer = _ => new EnrolmentReply { Status = EnrolmentStatus.Pending, RetryS = 30 };
        asked = await AsksWithinAsync(TimeSpan.FromMinutes(60));
        Assert.InRange(asked, 6, 12);
        Assert.Equal(EnrolmentPhase.Pending, enrolment.State.Phase);
        Assert.Contains("scout enroll approve web1", enrolment.State.Words, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EnrolmentCode.TokenUsed, "scout token new --for web1")]
    [InlineData(EnrolmentCode.NameTaken, "--replace")]
    [InlineData(EnrolmentCode.NameNotAllowed, "another name")]
    public async Task A_refusal_says_why_and_how_to_mend_it_and_a_new_token_is_tried_at_once(EnrolmentCode code, string hint)
    {
        PutToken(provisioner.TokenText());
        provisioner.Answer = _ => new EnrolmentReply { Status = EnrolmentStatus.Refused, Code = code, Message = "for \u001b[31mreasons" };
        await TurnAsync();
        Assert.Equal(EnrolmentPhase.Refused, enrolment.State.Phase);
        Assert.Contains(EnrolmentWords.Word(code), enrolment.State.Words, StringComparison.Ordinal);
        Assert.Contains(hint, enrolment.State.Words, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', enrolment.State.Words);
        await TurnAsync();
        Assert.Single(provisioner.Asked);

        provisioner.Answer = ask => provisioner.Issue(ModelProvisioner.Read(ask));
        PutToken(provisioner.TokenText(time.GetUtcNow().AddHours(2)));
        await TurnAsync();
        Assert.Equal(EnrolmentPhase.Enrolled, enrolment.State.Phase);
    }

    [Fact]
    public async Task A_token_that_is_expired_damaged_or_open_to_others_is_not_used_and_said_so()
    {
        PutToken(provisioner.TokenText(time.GetUtcNow().AddSeconds(-1)));
        await TurnAsync();
        Assert.Contains("expired", enrolment.State.Words, StringComparison.Ordinal);
        PutToken("scout-enroll-1.AAAA");
        await TurnAsync();
        Assert.Contains("holds no token", enrolment.State.Words, StringComparison.Ordinal);
        PutToken(provisioner.TokenText());
        File.SetUnixFileMode(TokenFile, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await TurnAsync();
        Assert.Contains("chmod 0600", enrolment.State.Words, StringComparison.Ordinal);
        Assert.Empty(provisioner.Asked);
    }

    [Fact]
    public async Task A_forged_answer_leaves_nothing_behind()
    {
        using NKeyPair foreign = NKeyPair.Create(NKeyType.Account);
        using NKeyPair foreignTrust = NKeyPair.Create(NKeyType.Server);
        using NKeyPair other = NKeyPair.Create(NKeyType.User);
        PutToken(provisioner.TokenText(time.GetUtcNow().AddDays(2)));
        Func<EnrolmentRequest, EnrolmentReply>[] forgeries =
        [
            request => provisioner.Issue(request, node: "web2"),
            request => provisioner.Issue(request, key: other.PublicKey),
            request => provisioner.Issue(request, signer: foreign),
            request => provisioner.Issue(request, trustSigner: foreignTrust),
            request => provisioner.Issue(request) with { Jwt = "e30.e30.e30" },
            request => provisioner.Issue(request) with { Trust = "{}" },
        ];
        foreach (Func<EnrolmentRequest, EnrolmentReply> forge in forgeries)
        {
            provisioner.Answer = ask => forge(ModelProvisioner.Read(ask));
            int before = provisioner.Asked.Count;
            await UntilAsync(() => provisioner.Asked.Count > before);
            Assert.Empty(issued);
            Assert.Null(identity.Credentials);
            Assert.False(File.Exists(identity.CredentialsFile));
            Assert.Contains("not believed", enrolment.State.Words, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_trust_document_of_a_lower_serial_is_refused_at_a_renewal_and_the_old_credentials_stay()
    {
        provisioner.Serial = 5;
        await EnrolAsync();
        string before = identity.Credentials!.Jwt;
        provisioner.Serial = 4;
        time.Advance(TimeSpan.FromDays(6.8));
        await TurnAsync();
        Assert.Equal(2, provisioner.Asked.Count);
        Assert.Equal(before, identity.Credentials!.Jwt);
        Assert.Equal(5, identity.Current!.Serial);
        Assert.Contains("serial", enrolment.State.Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_renews_at_a_random_point_of_the_last_third_of_the_life()
    {
        var points = new List<double>();
        await EnrolAsync();
        for (int i = 0; i < 40; i++)
        {
            DateTimeOffset from = identity.Credentials!.Issued;
            int before = issued.Count;
            await UntilAsync(() => issued.Count > before);
            points.Add((time.GetUtcNow() - from) / provisioner.Life);
        }

        Assert.All(points, point => Assert.InRange(point, 2.0 / 3 - 0.001, 1));
        Assert.True(points.Max() - points.Min() > 0.05, $"{points.Min()} to {points.Max()}");
        Assert.All(provisioner.Asked.Skip(1), ask => Assert.Equal(AskKind.Renew, ask.Kind));
    }

    [Fact]
    public async Task A_renewal_that_fails_is_tried_again_after_a_minute_up_to_an_hour_and_after_the_end_it_recovers()
    {
        await EnrolAsync();
        provisioner.Answer = ask => ask.Kind == AskKind.Renew ? throw new ProvisionerUnreachableException("provisioner away") : provisioner.Issue(ModelProvisioner.Read(ask));
        time.Advance(TimeSpan.FromDays(6.5));
        int asked = await AsksWithinAsync(TimeSpan.FromHours(10));
        Assert.InRange(asked, 8, 20);
        Assert.Contains("provisioner away", enrolment.State.Words, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(EnrolmentPhase.Expired, enrolment.State.Phase);
        await UntilAsync(() => provisioner.Asked[^1].Kind == AskKind.Recover);
        Assert.Equal(EnrolmentPhase.Enrolled, enrolment.State.Phase);
        Assert.True(identity.Credentials!.Expires > time.GetUtcNow());
    }

    [Fact]
    public async Task A_renewal_with_a_new_key_leaves_the_old_login_in_its_place_until_the_new_one_worked()
    {
        renewKey = true;
        Start();
        await EnrolAsync();
        string old = identity.Key().PublicKey;
        await RenewAsync();
        Assert.Equal(2, issued.Count);
        EnrolmentRequest asked = ModelProvisioner.Read(provisioner.Asked[^1]);
        Assert.Equal(old, asked.Key);
        Assert.NotNull(asked.NewKey);
        Assert.Equal(old, KeyIn("node.creds"));
        Assert.Equal(asked.NewKey, KeyIn("node.creds.next"));
        Assert.Equal(asked.NewKey, identity.Login(time.GetUtcNow()).Key.PublicKey);
        Assert.True(identity.LetIn());
        Assert.Equal((asked.NewKey, asked.NewKey, asked.NewKey), (KeyIn("node.creds"), KeyIn("recover.creds"), identity.Key().PublicKey));
        Assert.False(identity.LetIn());
        Start();
        Assert.Equal(asked.NewKey, identity.Key().PublicKey);
        Assert.NotNull(identity.Credentials);
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(folder.Path, "identity")), file => file.EndsWith(".next", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_node_that_is_killed_at_any_step_of_it_comes_back_with_one_login_that_is_good(int step)
    {
        renewKey = true;
        Start();
        await EnrolAsync();
        string old = identity.Key().PublicKey;
        string fresh;
        if (step == 0)
        {
            // Asked, and the answer never came.
            provisioner.Answer = _ => throw new ProvisionerUnreachableException("killed");
            await RenewAsync();
            fresh = ModelProvisioner.Read(provisioner.Asked[^1]).NewKey!;
        }
        else
        {
            await RenewAsync();
            fresh = identity.Key().PublicKey;
            if (step > 1) Move("node.creds");
            if (step > 2) Move("recover.creds");
        }

        Start();
        NodeCredentials? has = identity.Credentials;
        Assert.NotNull(has);
        Assert.Equal(step == 0 ? old : fresh, identity.Login(time.GetUtcNow()).Key.PublicKey);
        Assert.Equal(step == 0 ? old : fresh, identity.Key().PublicKey);
        Assert.NotNull(has.RecoverJwt);
        identity.LetIn();
        if (step == 0)
        {
            provisioner.Answer = ask => provisioner.Issue(ModelProvisioner.Read(ask));
            int before = issued.Count;
            await UntilAsync(() => issued.Count > before);
            // The same new key is asked for again.
            Assert.Equal(fresh, ModelProvisioner.Read(provisioner.Asked[^1]).NewKey);
            identity.Login(time.GetUtcNow());
            identity.LetIn();
        }

        Start();
        Assert.Equal((fresh, fresh, fresh), (KeyIn("node.creds"), KeyIn("recover.creds"), identity.Key().PublicKey));
        Assert.NotNull(identity.Credentials);

        void Move(string file) => File.Move(Path.Combine(folder.Path, "identity", file + ".next"), Path.Combine(folder.Path, "identity", file), overwrite: true);
    }

    [Fact]
    public async Task A_new_key_that_the_broker_does_not_let_in_leaves_the_node_its_old_login_and_is_tried_again_later()
    {
        renewKey = true;
        Start();
        await EnrolAsync();
        string old = identity.Key().PublicKey;
        await RenewAsync();
        string fresh = identity.Login(time.GetUtcNow()).Key.PublicKey;
        Assert.True(identity.RefuseNext());
        enrolment.NextRefused();
        Assert.Equal(old, identity.Login(time.GetUtcNow()).Key.PublicKey);
        Assert.False(identity.RefuseNext());
        Assert.False(identity.LetIn());
        int before = provisioner.Asked.Count;
        DateTimeOffset from = time.GetUtcNow();
        await UntilAsync(() => provisioner.Asked.Count > before);
        Assert.InRange(time.GetUtcNow() - from, TimeSpan.FromSeconds(50), TimeSpan.FromHours(2));
        Assert.Equal((old, fresh), (ModelProvisioner.Read(provisioner.Asked[^1]).Key, ModelProvisioner.Read(provisioner.Asked[^1]).NewKey));
        Assert.Equal(fresh, identity.Login(time.GetUtcNow()).Key.PublicKey);
    }

    [Fact]
    public async Task A_provisioner_that_takes_no_new_key_renews_the_old_one()
    {
        renewKey = true;
        Start();
        await EnrolAsync();
        string old = identity.Key().PublicKey;
        provisioner.Answer = ask => ModelProvisioner.Read(ask) is { NewKey: null } plain ? provisioner.Issue(plain) : new EnrolmentReply { Status = EnrolmentStatus.Refused, Code = EnrolmentCode.BadRequest };
        await RenewAsync();
        await TurnAsync();
        Assert.Equal(2, issued.Count);
        Assert.Equal(old, KeyIn("node.creds"));
        Assert.Equal(EnrolmentPhase.Enrolled, enrolment.State.Phase);
    }

    [Fact]
    public async Task Without_a_line_a_due_renewal_waits_for_it()
    {
        await EnrolAsync();
        connected = false;
        time.Advance(TimeSpan.FromDays(6.8));
        await TurnAsync();
        Assert.Single(provisioner.Asked);
        connected = true;
        await TurnAsync();
        Assert.Equal(2, provisioner.Asked.Count);
    }

    [Fact]
    public async Task Credentials_of_another_name_or_another_key_are_not_used()
    {
        await EnrolAsync();
        using (NodeIdentity renamed = NodeIdentity.Open(folder.Path, "web2", NullLogger.Instance)) Assert.Null(renamed.Credentials);
        using NKeyPair other = NKeyPair.Create(NKeyType.User);
        File.WriteAllText(Path.Combine(folder.Path, "identity", "node.nk"), other.ExportSeed());
        using NodeIdentity swapped = NodeIdentity.Open(folder.Path, "web1", NullLogger.Instance);
        Assert.Null(swapped.Credentials);
    }

    [Fact]
    public async Task A_token_in_the_environment_goes_before_the_file()
    {
        Start(provisioner.TokenText());
        await TurnAsync();
        Assert.Equal(EnrolmentPhase.Enrolled, enrolment.State.Phase);
    }

    [Fact]
    public async Task A_revoked_node_is_let_in_again_by_a_new_token_with_a_new_key_before_its_old_credentials_expire()
    {
        await EnrolAsync();
        string revoked = identity.Key().PublicKey;
        await TurnAsync();
        enrolment.LoginRefused();
        await TurnAsync();
        Assert.Single(provisioner.Asked);
        Assert.Contains("scout token new --for web1 --replace", enrolment.State.Words, StringComparison.Ordinal);
        Assert.Contains(TokenFile, enrolment.State.Words, StringComparison.Ordinal);

        provisioner.Answer = ask => ModelProvisioner.Read(ask) is var request && request.Key == revoked
            ? new EnrolmentReply { Status = EnrolmentStatus.Refused, Code = EnrolmentCode.Revoked }
            : provisioner.Issue(request);
        PutToken(provisioner.TokenText(time.GetUtcNow().AddHours(2)));
        await TurnAsync();
        await TurnAsync();
        Assert.Equal(2, issued.Count);
        Assert.NotEqual(revoked, identity.Key().PublicKey);
        enrolment.LoggedIn();
        await TurnAsync();
        Assert.Equal(EnrolmentPhase.Enrolled, enrolment.State.Phase);
        Assert.False(File.Exists(TokenFile));
        Start();
        Assert.NotNull(identity.Credentials);
    }

    [Fact]
    public async Task A_trust_document_that_was_damaged_or_lost_is_asked_for_at_once()
    {
        await EnrolAsync();
        File.WriteAllText(Path.Combine(folder.Path, "identity", "trust.json"), "{");
        Start();
        Assert.Null(identity.Current);
        await TurnAsync();
        Assert.NotNull(identity.Current);
        Assert.Equal(AskKind.Renew, provisioner.Asked[^1].Kind);
        await TurnAsync();
        Assert.Equal(2, provisioner.Asked.Count);
    }

    [Fact]
    public async Task A_login_that_is_refused_again_asks_with_its_token_now_and_then_and_not_at_every_attempt()
    {
        PutToken(provisioner.TokenText());
        await TurnAsync();
        for (int attempt = 0; attempt < 50; attempt++)
        {
            enrolment.LoginRefused();
            await TurnAsync();
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(provisioner.Asked.Count, 2, 4);
    }

    [Fact]
    public async Task A_refusal_that_passes_leaves_key_and_credentials_as_they_are()
    {
        await EnrolAsync();
        string key = identity.Key().PublicKey;
        enrolment.LoginRefused();
        await TurnAsync();
        enrolment.LoggedIn();
        await TurnAsync();
        Assert.Equal(EnrolmentPhase.Enrolled, enrolment.State.Phase);
        Assert.Equal("enrolled", enrolment.State.Words);
        Assert.Equal(key, identity.Key().PublicKey);
        Assert.Single(issued);
    }

    public void Dispose()
    {
        foreach (IDisposable one in made) one.Dispose();
        provisioner.Dispose();
        folder.Dispose();
    }

    private void Start(string? given = null)
    {
        identity = NodeIdentity.Open(folder.Path, "web1", NullLogger.Instance);
        enrolment = new NodeEnrolment(new EnrolmentParts
        {
            Node = "web1",
            Identity = identity,
            Tokens = new TokenSource(given, TokenFile),
            Line = provisioner,
            Connected = () => connected,
            Issued = issued.Add,
            RenewKey = renewKey,
            Time = time,
            Random = new Random(7),
            Log = NullLogger.Instance,
        });
        made.Add(identity);
        made.Add(enrolment);
    }

    private void PutToken(string text)
    {
        File.Delete(TokenFile);
        File.WriteAllText(TokenFile, text + "\n");
        File.SetUnixFileMode(TokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private string KeyIn(string file)
    {
        using NatsCreds creds = NatsCreds.Read(Path.Combine(folder.Path, "identity", file));
        return creds.Key.PublicKey;
    }

    private async Task RenewAsync()
    {
        time.Advance(TimeSpan.FromDays(6.8));
        await TurnAsync();
    }

    private Task<TimeSpan> TurnAsync() => enrolment.TurnAsync(CancellationToken.None);

    private async Task UntilAsync(Func<bool> happened)
    {
        for (int turns = 0; !happened(); turns++)
        {
            Assert.InRange(turns, 0, 10_000);
            TimeSpan wait = await TurnAsync();
            time.Advance(wait > TimeSpan.Zero ? wait : TimeSpan.FromSeconds(1));
        }
    }

    private async Task EnrolAsync()
    {
        PutToken(provisioner.TokenText());
        await TurnAsync();
        enrolment.LoggedIn();
        Assert.NotNull(identity.Credentials);
    }

    private async Task<int> AsksWithinAsync(TimeSpan span)
    {
        int before = provisioner.Asked.Count;
        DateTimeOffset end = time.GetUtcNow() + span;
        while (time.GetUtcNow() < end)
        {
            TimeSpan wait = await TurnAsync();
            time.Advance(wait > TimeSpan.Zero ? wait : TimeSpan.FromMilliseconds(100));
        }

        return provisioner.Asked.Count - before;
    }
}
