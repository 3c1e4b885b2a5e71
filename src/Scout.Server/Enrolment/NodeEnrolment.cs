using Microsoft.Extensions.Logging;
using Scout.Protocol.Security.Enrolment;
using Scout.Server.Identity;
using Scout.Server.Logging;

namespace Scout.Server.Enrolment;

/// <summary>What a node needs to become, and stay, a member of its fleet.</summary>
internal sealed record EnrolmentParts
{
    public required string Node { get; init; }

    public required NodeIdentity Identity { get; init; }

    public required TokenSource Tokens { get; init; }

    public required IProvisionerLine Line { get; init; }

    /// <summary>Whether the node's own login is in use, so that a renewal can go over it.</summary>
    public required Func<bool> Connected { get; init; }

    /// <summary>New credentials are on disk. The first time a line is made, later ones take the place of the login in use.</summary>
    public required Action<NodeCredentials> Issued { get; init; }

    /// <summary>Whether a renewal brings a new key.</summary>
    public bool RenewKey { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Of all jitter.</summary>
    public required Random Random { get; init; }

    public required ILogger Log { get; init; }
}

/// <summary>
/// Enrols, renews and recovers, for ever, beside the machines and never in their way (security.md 10 and 11): one loop that asks for what is due, waits as
/// <see cref="EnrolmentPace"/> says, and looks now and then whether somebody has put a token there.
/// </summary>
internal sealed class NodeEnrolment(EnrolmentParts parts) : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly EnrolmentPace pace = new(parts.Random);
    private readonly SemaphoreSlim bell = new(0, 1);
    private volatile EnrolmentState state = EnrolmentState.None;
    private double renewalShare = parts.Random.NextDouble();
    private DateTimeOffset notBefore;
    private bool tokenSpent;
    private bool keepKey;
    private volatile bool nextRefused;
    private volatile bool waits;
    private volatile bool refused;

    public EnrolmentState State
    {
        get
        {
            EnrolmentState now = state;
            // Nobody wakes at that very moment only to say so.
            return now is { Phase: EnrolmentPhase.Enrolled, Expires: { } end } && end <= parts.Time.GetUtcNow() ? now with { Phase = EnrolmentPhase.Expired, Words = Expired(end) } : now;
        }
    }

    private DateTimeOffset Now => parts.Time.GetUtcNow();

    public void Dispose() => bell.Dispose();

    /// <summary>Look at once: SIGHUP, or the broker refuses the login.</summary>
    public void Wake()
    {
        try
        {
            bell.Release();
        }
        catch (SemaphoreFullException)
        {
            // It rings already.
        }
    }

    /// <summary>The broker refuses the node's own login, as it does when its key was revoked: a token that somebody puts there may be used before the credentials expire.</summary>
    public void LoginRefused()
    {
        refused = true;
        Wake();
    }

    /// <summary>The broker refuses the next key's login: the present one goes on, and the renewal is tried again when its turn comes.</summary>
    public void NextRefused()
    {
        nextRefused = true;
        Wake();
    }

    /// <summary>The node is connected by its own login: the token has done its work.</summary>
    public void LoggedIn()
    {
        if (refused || waits)
        {
            refused = false;
            waits = false;
            Wake();
        }

        if (tokenSpent) return;
        tokenSpent = true;
        if (parts.Tokens.Forget() is { } problem) LogMessages.TokenStays(parts.Log, problem);
    }

    /// <summary>Runs until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                TimeSpan wait = await TurnAsync(stop);
                await WaitAsync(wait, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it is, the machines go on and the next try may work.
                LogMessages.EnrolmentFailed(parts.Log, error);
                await WaitAsync(TimeSpan.FromMinutes(1), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Does what is due, and says how long to wait at most.</summary>
    internal async Task<TimeSpan> TurnAsync(CancellationToken stop)
    {
        if (nextRefused)
        {
            nextRefused = false;
            Fail(AskKind.Renew, AskOutcome.No, "the broker does not let the new key in", default);
        }

        bool newToken = parts.Tokens.Changed();
        if (newToken) notBefore = default;
        NodeCredentials? own = parts.Identity.Credentials;
        bool valid = own is not null && own.Expires > Now;
        if (valid && !refused) return await RenewAsync(own!, stop);
        if (own is not null && !valid) Say(EnrolmentPhase.Expired, Expired(own.Expires), own.Expires);
        EnrolmentToken? token = parts.Tokens.Read(out string? problem);
        if (token is not null && token.Expires <= Now)
        {
            problem = $"the token in {parts.Tokens.Name} expired at {token.Expires:yyyy-MM-dd HH:mm:ss}Z: make another with 'scout token new --for {parts.Node}'";
            token = null;
        }

        // The broker may be wrong for a while: without a token the credentials go on being tried.
        if (valid && token is null)
        {
            SayRefused(own!, problem);
            return Look;
        }

        // Recovery needs nobody; a token that somebody put there on purpose comes first.
        bool canRecover = own is { RecoverJwt: not null } && own.RecoverExpires is { } end && end > Now;
        if (token is null && !canRecover)
        {
            SayWhyNot(own, problem);
            return Look;
        }

        if (Now < notBefore) return Shorter(notBefore - Now);
        return token is not null ? await AskAsync(AskKind.Enroll, token, stop) : await AskAsync(AskKind.Recover, null, stop);
    }

    private static TimeSpan Shorter(TimeSpan wait) => wait < Look ? wait : Look;

    private static string Expired(DateTimeOffset end) => $"the credentials expired at {end:yyyy-MM-dd HH:mm:ss}Z";

    private void SayWhyNot(NodeCredentials? own, string? problem)
    {
        string mend = $"make a token with 'scout token new --for {parts.Node}' and put it into {(parts.Tokens.Name.Length > 0 ? parts.Tokens.Name : "/etc/scout/enroll.token")}";
        if (problem is not null) Say(EnrolmentPhase.Refused, $"not enrolled: {problem}", own?.Expires);
        else if (own is not null) Say(EnrolmentPhase.Expired, $"{Expired(own.Expires)}, and there is nothing to recover them with: {mend}", own.Expires);
        else Say(EnrolmentPhase.NotEnrolled, $"not enrolled: {mend}", null);
    }

    private void SayRefused(NodeCredentials own, string? problem) => Say(
        EnrolmentPhase.Refused,
        $"the broker refuses this node's login{(problem is null ? "" : $", and {problem}")}: if it was revoked, make a token with 'scout token new --for {parts.Node} --replace' and put it into {parts.Tokens.Name}",
        own.Expires);

    private async Task<TimeSpan> RenewAsync(NodeCredentials own, CancellationToken stop)
    {
        Say(EnrolmentPhase.Enrolled, "enrolled", own.Expires);
        DateTimeOffset due = EnrolmentPace.RenewalAt(own.Issued, own.Expires, renewalShare);
        // Without a trust document nobody is believed; every answer of the provisioner brings one.
        if (parts.Identity.Current is null) due = Now;
        if (due < notBefore) due = notBefore;
        if (Now < due) return own.Expires - Now < due - Now ? own.Expires - Now : due - Now;
        // Without a line there is nobody to ask; when it comes back, Wake is called.
        waits = !parts.Connected();
        if (waits) return parts.Identity.Current is null ? Look : TimeSpan.FromMinutes(1);
        return await AskAsync(AskKind.Renew, null, stop);
    }

    private async Task<TimeSpan> AskAsync(AskKind kind, EnrolmentToken? token, CancellationToken stop)
    {
        string? tokenKey = null;
        if (token is not null)
        {
            if (!NKeyPair.TryFromSeed(token.Seed, out NKeyPair? tokenPair)) return Fail(kind, AskOutcome.No, $"the token in {parts.Tokens.Name} is damaged (its seed)", default);
            using (tokenPair) tokenKey = tokenPair.PublicKey;
        }

        NKeyPair key = parts.Identity.Key();
        if (kind == AskKind.Enroll && state.Phase is EnrolmentPhase.NotEnrolled) Say(EnrolmentPhase.Asking, "enrolling: asking the broker for credentials", null);
        NKeyPair? next = kind == AskKind.Renew && parts.RenewKey && !keepKey && !parts.Identity.IsNext ? parts.Identity.NextKey() : null;
        keepKey = false;
        EnrolmentReply reply;
        try
        {
            reply = await parts.Line.AskAsync(EnrolmentAsk.Make(kind, parts.Node, key, tokenKey, Now, next), token, stop);
        }
        catch (ProvisionerUnreachableException error)
        {
            string hint = error.Refused && kind == AskKind.Enroll ? $" (expired or withdrawn: make another with 'scout token new --for {parts.Node}')" : "";
            return Fail(kind, AskOutcome.NoAnswer, error.Message + hint, default);
        }

        if (reply.Status == EnrolmentStatus.Issued) return Take(kind, next ?? key, token, reply);
        // A provisioner of an older version renews, but takes no new key.
        if (next is not null && reply.Code == EnrolmentCode.BadRequest)
        {
            keepKey = true;
            return TimeSpan.Zero;
        }

        if (kind != AskKind.Enroll || reply.Code != EnrolmentCode.Revoked) return Refused(kind, reply);
        // The token is good and the key is not: who put the token there wants this node back, and no other key can bring it.
        LogMessages.KeyReplaced(parts.Log, key.PublicKey, parts.Identity.NewKey().PublicKey);
        return TimeSpan.Zero;
    }

    private TimeSpan Take(AskKind kind, NKeyPair key, EnrolmentToken? token, EnrolmentReply reply)
    {
        FleetPlace known = parts.Identity.Place;
        // A token names another fleet than before: what was known of the old one does not bind the new.
        if (token is not null) known = token.Trust == known.TrustKey ? known with { Authorities = token.Ca } : new FleetPlace { TrustKey = token.Trust, Authorities = token.Ca, Urls = token.Urls };
        if (CredentialsReading.WhyRefused(reply, parts.Node, key.PublicKey, known, Now, out NodeCredentials? given, out FleetPlace? place) is { } why)
        {
            LogMessages.IssueNotBelieved(parts.Log, why);
            return Fail(kind, AskOutcome.Forged, $"an answer came that is not believed: {why}", default);
        }

        if (parts.Identity.IsOwn(key)) parts.Identity.Take(given!, place!);
        else parts.Identity.TakeNext(given!, place!);
        pace.Succeeded();
        // Should the broker refuse these too, the token is not asked with at every attempt to connect.
        refused = false;
        notBefore = kind == AskKind.Enroll ? Now + TimeSpan.FromSeconds(30) : default;
        renewalShare = parts.Random.NextDouble();
        tokenSpent = kind != AskKind.Enroll && tokenSpent;
        LogMessages.CredentialsIssued(parts.Log, kind switch { AskKind.Enroll => "enrolled", AskKind.Renew => "renewed", _ => "recovered" }, key.PublicKey, given!.Expires.UtcDateTime);
        Say(EnrolmentPhase.Enrolled, "enrolled", given.Expires);
        parts.Issued(given);
        return TimeSpan.Zero;
    }

    private TimeSpan Refused(AskKind kind, EnrolmentReply reply)
    {
        var atLeast = TimeSpan.FromSeconds(Math.Clamp(reply.RetryS, 0, 3600));
        string said = Escaped(reply.Message ?? "");
        if (reply.Status == EnrolmentStatus.Pending) return Fail(kind, AskOutcome.Pending, $"waits for approval: 'scout enroll approve {parts.Node}'{(said.Length > 0 ? $" ({said})" : "")}", atLeast);
        EnrolmentCode code = reply.Code ?? EnrolmentCode.Internal;
        string hint = code switch
        {
            EnrolmentCode.TokenUsed or EnrolmentCode.TokenExpired or EnrolmentCode.TokenUnknown or EnrolmentCode.TokenRevoked => $": make another with 'scout token new --for {parts.Node}'",
            EnrolmentCode.NameTaken => $": give this node another name, or make a token with 'scout token new --for {parts.Node} --replace'",
            EnrolmentCode.NameNotAllowed => ": the token is for another name",
            EnrolmentCode.Stale => ": look at this machine's clock",
            _ => "",
        };
        return Fail(kind, EnrolmentWords.IsPassing(code) ? AskOutcome.Later : AskOutcome.No, $"the provisioner refuses, {EnrolmentWords.Word(code)}{(said.Length > 0 ? $" ({said})" : "")}{hint}", atLeast);
    }

    private TimeSpan Fail(AskKind kind, AskOutcome outcome, string why, TimeSpan atLeast)
    {
        TimeSpan wait = pace.After(kind, outcome, atLeast);
        notBefore = Now + wait;
        NodeCredentials? own = parts.Identity.Credentials;
        string again = $"; asked again in {(int)Math.Ceiling(wait.TotalSeconds)} s";
        if (kind == AskKind.Enroll && (own is null || own.Expires > Now))
        {
            EnrolmentPhase phase = outcome switch { AskOutcome.Pending => EnrolmentPhase.Pending, AskOutcome.NoAnswer or AskOutcome.Later => EnrolmentPhase.Asking, _ => EnrolmentPhase.Refused };
            Say(phase, $"not enrolled: {why}{again}", null);
        }
        else
        {
            bool over = own is null || own.Expires <= Now;
            string what = kind == AskKind.Renew ? "the renewal of the credentials failed" : "the credentials expired, and new ones did not come";
            Say(over ? EnrolmentPhase.Expired : EnrolmentPhase.Enrolled, $"{what}: {why}{again}", own?.Expires, warn: true);
        }

        return Shorter(wait);
    }

    private void Say(EnrolmentPhase phase, string words, DateTimeOffset? expires, bool warn = false)
    {
        EnrolmentState before = state;
        // A renewal that failed stays in the words until one works or the next try is due.
        if (phase == EnrolmentPhase.Enrolled && words == "enrolled" && before.Phase == EnrolmentPhase.Enrolled && before.Expires == expires) return;
        state = new EnrolmentState(phase, words, expires);
        if (before.Phase == phase && before.Words == words && before != EnrolmentState.None) return;
        if (phase == EnrolmentPhase.Enrolled && !warn) LogMessages.Enrolled(parts.Log, (expires ?? Now).UtcDateTime);
        else if (phase == EnrolmentPhase.Asking && words.StartsWith("enrolling", StringComparison.Ordinal)) LogMessages.Enrolling(parts.Log, parts.Tokens.Name);
        else LogMessages.EnrolmentTrouble(parts.Log, words);
    }

    // Foreign text, cut; what a terminal would obey is the log's own care.
    private static string Escaped(string text) => Logging.LogLine.Escape(text.Length > 200 ? text[..200] : text);

    private async Task WaitAsync(TimeSpan wait, CancellationToken stop)
    {
        if (wait <= TimeSpan.Zero) return;
        // A timer of the class library holds at most 49 days.
        if (wait > TimeSpan.FromDays(1)) wait = TimeSpan.FromDays(1);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Task rung = bell.WaitAsync(enough.Token);
        Task slept = Task.Delay(wait, parts.Time, enough.Token);
        await Task.WhenAny(rung, slept);
        await enough.CancelAsync();
        await Task.WhenAll(rung, slept).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.ThrowIfCancellationRequested();
    }
}
