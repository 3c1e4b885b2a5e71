using System.Buffers;
using System.Buffers.Text;
using System.Collections.Immutable;
using Scout.Protocol.Events;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Signing;

namespace Scout.Broker.Provisioning;

/// <summary>What the provisioner works with.</summary>
internal sealed record ProvisionerParts
{
    public required ITokenBook Book { get; init; }

    public required IEnrolmentAuthority Authority { get; init; }

    public required IProvisioningRecord Record { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Read at each decision.</summary>
    public Func<EnrolmentPolicy> Policy { get; init; } = static () => EnrolmentPolicy.Default;

    public TimeSpan NodeLife { get; init; } = TimeSpan.FromDays(7);

    public TimeSpan RecoverLife { get; init; } = TimeSpan.FromDays(365);

    /// <summary>Handed to nodes with their credentials: a login costs the broker 1.4 ms, and a restart must meet a ramp.</summary>
    public Func<int> ReconnectSpreadS { get; init; } = static () => 2;
}

/// <summary>
/// Gives nodes their credentials (security.md 10 and 11). Every step that counts is one compared change of the bucket, in an order that may be cut off anywhere: a use of the
/// token is bound to a key, then the name is given to that key, then it is signed. The name's own entry decides who has it.
/// </summary>
internal sealed partial class Provisioner : IDisposable
{
    /// <summary>Attempts at a change that others were quicker with.</summary>
    private const int Rounds = 8;

    /// <summary>Of renewals and recoveries within twice the skew.</summary>
    private const int MostNonces = 100_000;

    /// <summary>Clocks of node and broker may be as far apart.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(EnrolmentProof.WindowSeconds);

    private readonly ProvisionerParts parts;
    private readonly EnrolmentJudge judge;
    private readonly NonceMemory seen;
    private readonly AskPace pace;
    private readonly SemaphoreSlim gate = new(1);
    private readonly HashSet<string> unsettled = new(StringComparer.Ordinal);

    public Provisioner(ProvisionerParts parts)
    {
        this.parts = parts;
        judge = new EnrolmentJudge(parts.Policy, parts.Time);
        seen = new NonceMemory(parts.Time, Skew * 2, MostNonces);
        pace = new AskPace(parts.Time);
    }

    private DateTimeOffset Now => parts.Time.GetUtcNow();

    public void Dispose() => gate.Dispose();

    /// <summary>A request on <c>scout.enroll.TOKENKEY</c>.</summary>
    public Task<EnrolmentReply> EnrollAsync(string tokenKey, EnrolmentRequest request, CancellationToken stop) =>
        InTurnAsync("enroll", request, tokenKey, tokenKey, () => EnrollOnceAsync(tokenKey, request, stop), stop);

    /// <summary>Revokes the keys that lost their names; after the answers that had to be given first.</summary>
    public async Task SettleAsync(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            foreach (string node in unsettled.ToArray())
            {
                unsettled.Remove(node);
                if (await parts.Book.GetAsync(TokenBookFormat.NodeKey(node), stop) is not { } entry) continue;
                NodeRecord record = TokenBookFormat.Node(entry);
                if (record.Previous is not { } previous) continue;
                await parts.Authority.RevokeAsync(previous, $"{node} was enrolled anew with key {record.Key}", stop);
                Audit("revoke", node, previous, "allowed", "ok", $"its name has key {record.Key} now", null);
                // Whoever changed the entry meanwhile finds the old key still named, and has it revoked again.
                await parts.Book.UpdateAsync(TokenBookFormat.NodeKey(node), TokenBookFormat.ToBytes(record with { Previous = null }), entry.Revision, stop);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>A node has started with its login: what it came with answers nobody any more.</summary>
    public async Task StartedAsync(string node, CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            for (int round = 0; round < Rounds; round++)
            {
                if (await parts.Book.GetAsync(TokenBookFormat.NodeKey(node), stop) is not { } there) return;
                NodeRecord record = TokenBookFormat.Node(there);
                if (record.Token.Length == 0 || await parts.Book.GetAsync(record.Token, stop) is not { } entry) return;
                TokenRecord token = TokenBookFormat.Token(entry);
                if (token.Bound.FirstOrDefault(use => use.Key == record.Key && use.Node == node) is not { Started: null } use) return;
                TokenRecord spent = token with { Bound = token.Bound.Replace(use, use with { Started = Now }) };
                if (!await parts.Book.UpdateAsync(record.Token, TokenBookFormat.ToBytes(spent), entry.Revision, stop)) continue;
                Audit("startup", node, record.Key, "allowed", "ok", "the token is spent", record.Token);
                return;
            }
        }
        finally
        {
            gate.Release();
        }
    }

    private static bool Proves(string key, ReadOnlySpan<byte> lines, string proof)
    {
        Span<byte> signature = stackalloc byte[SigningLimits.SignatureBytes];
        return Base64Url.DecodeFromChars(proof, signature, out _, out int length) == OperationStatus.Done && length == signature.Length && NKeys.Verify(key, lines, signature);
    }

    // The asker is what the broker has proved by the subject: the token, the name or the key.
    private async Task<EnrolmentReply> InTurnAsync(string action, EnrolmentRequest request, string asker, string? token, Func<Task<EnrolmentReply>> decide, CancellationToken stop)
    {
        AskTurn turn = pace.Next($"{action} {asker}", token is null ? AskPace.NodeLimit : AskPace.TokenLimit);
        if (turn != AskTurn.Heard)
        {
            const string many = "more requests in a minute than one asker needs; the others of this minute are not heard";
            if (turn == AskTurn.FirstTooMany) Audit(action, request.Node, request.Key, "refused", EnrolmentWords.Word(EnrolmentCode.Busy), many, token);
            return No(EnrolmentCode.Busy, many, retryS: 60) with { Time = Now.ToUnixTimeMilliseconds() };
        }

        EnrolmentReply reply;
        await gate.WaitAsync(stop);
        try
        {
            reply = await decide();
        }
        catch (Exception error) when (error is ProvisioningException or NatsException)
        {
            reply = No(EnrolmentCode.Internal, error.Message, retryS: 10);
        }
        finally
        {
            gate.Release();
        }

        // A node that waits asks every few minutes: one row when it came is enough.
        if (reply.Status != EnrolmentStatus.Pending)
        {
            string code = reply.Code is { } why ? EnrolmentWords.Word(why) : "ok";
            Audit(action, request.Node, request.Key, reply.Status == EnrolmentStatus.Issued ? "allowed" : reply.Code == EnrolmentCode.Denied ? "denied" : "refused", code, reply.Message, token);
        }

        return reply with { Time = Now.ToUnixTimeMilliseconds() };
    }

    private async Task<EnrolmentReply> EnrollOnceAsync(string tokenKey, EnrolmentRequest request, CancellationToken stop)
    {
        // The cheapest first: who has no key is not looked up.
        if (!Proves(request.Key, EnrolmentProof.Enroll(tokenKey, request.Node, request.Time, request.Nonce), request.Proof)) return No(EnrolmentCode.BadProof, "the signature is not by the key that asks");
        for (int round = 0; round < Rounds; round++)
        {
            if (await parts.Book.GetAsync(tokenKey, stop) is not { } entry) return No(EnrolmentCode.TokenUnknown, "no such token");
            TokenRecord token = TokenBookFormat.Token(entry);
            if (WhyUseless(token, request) is { } useless) return useless;
            if (parts.Authority.IsRevoked(request.Key)) return No(EnrolmentCode.Revoked, "this key was revoked: a new one is needed, delete identity/node.nk on the node");
            if (!token.Bound.Any(use => use.Key == request.Key))
            {
                if (await WhyTakenAsync(token, request, stop) is { } taken) return taken;
                if (await ApproveAsync(tokenKey, token, request, stop) is { } waits) return waits;
                TokenRecord bound = token with { Bound = token.Bound.Add(new TokenUse(request.Key, request.Node, Now, null)) };
                if (!await parts.Book.UpdateAsync(tokenKey, TokenBookFormat.ToBytes(bound), entry.Revision, stop)) continue;
            }

            if (await ClaimAsync(tokenKey, token, request, stop) is { } lost) return lost;
            return await GiveAsync(request.Node, request.Key, stop);
        }

        return No(EnrolmentCode.Busy, "many ask for this at a time", retryS: 5);
    }

    // What the token itself says.
    private EnrolmentReply? WhyUseless(TokenRecord token, EnrolmentRequest request)
    {
        if (token.Revoked) return No(EnrolmentCode.TokenRevoked, "this token was withdrawn");
        if (!Glob.Matches(token.For, request.Node)) return No(EnrolmentCode.NameNotAllowed, $"this token is for {token.For}");
        TokenUse? own = token.Bound.FirstOrDefault(use => use.Key == request.Key);
        if (own is not null && (own.Started is not null || own.Node != request.Node)) return No(EnrolmentCode.TokenUsed, "this key has used it already, as " + own.Node);
        if (token.Expires <= Now) return No(EnrolmentCode.TokenExpired, $"this token expired at {token.Expires.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
        if (own is not null || token.Bound.Length < token.Uses) return null;
        // Somebody else holds the same token: that is worth an alarm, and both keys a name.
        return No(EnrolmentCode.TokenUsed, $"alarm: the token was used by key {string.Join(", ", token.Bound.Take(3).Select(use => $"{use.Key} ({use.Node})"))}, and key {request.Key} asks with it too");
    }

    private async Task<EnrolmentReply?> WhyTakenAsync(TokenRecord token, EnrolmentRequest request, CancellationToken stop)
    {
        if (token.Replace || await parts.Book.GetAsync(TokenBookFormat.NodeKey(request.Node), stop) is not { } there) return null;
        NodeRecord has = TokenBookFormat.Node(there);
        return has.Key == request.Key || parts.Authority.IsRevoked(has.Key) ? null : Taken(has);
    }

    private static EnrolmentReply Taken(NodeRecord has) => No(EnrolmentCode.NameTaken, $"{has.Node} is enrolled since {has.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z with key {has.Key}");

    // Null: go on. Policy is asked once for a key, when its use is bound.
    private async Task<EnrolmentReply?> ApproveAsync(string tokenKey, TokenRecord token, EnrolmentRequest request, CancellationToken stop)
    {
        BookEntry? entry = await parts.Book.GetAsync(TokenBookFormat.AskKey(request.Node), stop);
        AskRecord? ask = entry is null ? null : TokenBookFormat.Ask(entry);
        bool own = ask is not null && ask.Key == request.Key && ask.Token == tokenKey;
        if (own && ask!.State == "approved") return null;
        if (own && ask!.State == "denied") return No(EnrolmentCode.Denied, ask.Reason is { Length: > 0 } reason ? "denied: " + reason : "a person said no");
        EnrolmentDecision decision = own && ask!.State == "pending" ? EnrolmentDecision.Ask : judge.Decide(request.Node, token.Groups, token.IsSingle ? TokenKind.Single : TokenKind.Several);
        if (decision == EnrolmentDecision.Auto) return null;
        if (decision == EnrolmentDecision.Refuse) return No(EnrolmentCode.Denied, "the policy of the broker refuses this name");
        return await WaitAsync(entry, ask, new AskRecord { Node = request.Node, Key = request.Key, Token = tokenKey, Groups = token.Groups, At = Now, State = "pending", Facts = request.Facts }, stop);
    }

    private async Task<EnrolmentReply> WaitAsync(BookEntry? entry, AskRecord? there, AskRecord wanted, CancellationToken stop)
    {
        var pending = new EnrolmentReply { Status = EnrolmentStatus.Pending, RetryS = 30, Message = "a person must approve" };
        if (there is { State: "pending" } && there.Key == wanted.Key && there.Token == wanted.Token) return pending;
        // Whoever came first waits in his place; another under the same name is told so, and cannot push him out.
        if (there is { State: "pending" or "approved" } && there.Key != wanted.Key && Now - there.At < TimeSpan.FromDays(1))
            return No(EnrolmentCode.NameTaken, $"another node waits under this name, with key {there.Key}", retryS: 600);
        bool put = entry is null
            ? await parts.Book.CreateAsync(TokenBookFormat.AskKey(wanted.Node), TokenBookFormat.ToBytes(wanted), stop)
            : await parts.Book.UpdateAsync(TokenBookFormat.AskKey(wanted.Node), TokenBookFormat.ToBytes(wanted), entry.Revision, stop);
        if (!put) return No(EnrolmentCode.Busy, "many ask for this at a time", retryS: 5);
        Audit("ask", wanted.Node, wanted.Key, "refused", "pending", "waits for approval", wanted.Token.Length > 0 ? wanted.Token : null);
        return pending;
    }

    // The name is this key's when this returns null.
    private async Task<EnrolmentReply?> ClaimAsync(string tokenKey, TokenRecord token, EnrolmentRequest request, CancellationToken stop)
    {
        for (int round = 0; round < Rounds; round++)
        {
            BookEntry? entry = await parts.Book.GetAsync(TokenBookFormat.NodeKey(request.Node), stop);
            NodeRecord? has = entry is null ? null : TokenBookFormat.Node(entry);
            if (has is not null && has.Key == request.Key && has.Token == tokenKey) return await ForgetPreviousAsync(request.Node, stop);
            bool dead = has is not null && (has.Key == request.Key || parts.Authority.IsRevoked(has.Key));
            if (has is not null && !dead && !token.Replace) return Taken(has);
            // Whoever had the name before the present one is revoked first: written over, he would be forgotten, and speak on under it.
            if (has?.Previous is not null) return await ForgetPreviousAsync(request.Node, stop);
            var mine = new NodeRecord
            {
                Node = request.Node,
                Key = request.Key,
                Groups = token.Groups,
                Token = tokenKey,
                Since = Now,
                Expires = Now + parts.NodeLife,
                Previous = has is null || has.Key == request.Key ? null : has.Key,
                Facts = request.Facts,
            };
            bool put = entry is null
                ? await parts.Book.CreateAsync(TokenBookFormat.NodeKey(request.Node), TokenBookFormat.ToBytes(mine), stop)
                : await parts.Book.UpdateAsync(TokenBookFormat.NodeKey(request.Node), TokenBookFormat.ToBytes(mine), entry.Revision, stop);
            if (put) return await ForgetPreviousAsync(request.Node, stop);
        }

        return No(EnrolmentCode.Busy, "many ask for this name at a time", retryS: 5);
    }

    // Before the new key is signed the old one is taken back: there are never two that speak under one name. Null when it is. The reload that this takes would lose the
    // answer under way (nats-server forgets who may be answered when an account changes), so it comes after the answer, and the node asks again.
    private async Task<EnrolmentReply?> ForgetPreviousAsync(string node, CancellationToken stop)
    {
        if (await parts.Book.GetAsync(TokenBookFormat.NodeKey(node), stop) is not { } entry) return No(EnrolmentCode.Busy, "the name's entry has gone", retryS: 5);
        if (TokenBookFormat.Node(entry).Previous is null) return null;
        unsettled.Add(node);
        return No(EnrolmentCode.Busy, "the key that had this name is being revoked", retryS: 3);
    }

    // Signs for whom the book names, and for nobody else.
    private async Task<EnrolmentReply> GiveAsync(string node, string key, CancellationToken stop)
    {
        for (int round = 0; round < Rounds; round++)
        {
            if (await parts.Book.GetAsync(TokenBookFormat.NodeKey(node), stop) is not { } entry) return No(EnrolmentCode.NotEnrolled, "no node of this name is enrolled");
            NodeRecord record = TokenBookFormat.Node(entry);
            if (record.Key != key) return Taken(record);
            if (parts.Authority.IsRevoked(key)) return No(EnrolmentCode.Revoked, "this key was revoked");
            SignedLogin login = parts.Authority.Issue(ScoutRole.Node, node, key, record.Groups, parts.NodeLife);
            SignedLogin recover = parts.Authority.Issue(ScoutRole.Recover, node, key, [], parts.RecoverLife);
            NodeRecord given = record with { Expires = login.Expires };
            if (!await parts.Book.UpdateAsync(TokenBookFormat.NodeKey(node), TokenBookFormat.ToBytes(given), entry.Revision, stop)) continue;
            await parts.Record.EnrolledAsync(given, stop);
            return new EnrolmentReply
            {
                Status = EnrolmentStatus.Issued,
                Jwt = login.Jwt,
                RecoverJwt = recover.Jwt,
                Trust = parts.Authority.Trust,
                Ca = parts.Authority.Authorities,
                Urls = parts.Authority.Urls,
                ReconnectSpreadS = parts.ReconnectSpreadS(),
            };
        }

        return No(EnrolmentCode.Busy, "many ask for this name at a time", retryS: 5);
    }

    private static EnrolmentReply No(EnrolmentCode code, string message, int retryS = 0) => new() { Status = EnrolmentStatus.Refused, Code = code, Message = message, RetryS = retryS };

    private void Audit(string action, string node, string? key, string decision, string code, string? message, string? token, string? caller = null, string request = "") => parts.Record.Audit(new AuditData
    {
        Caller = caller ?? node,
        Key = key,
        Role = caller is null ? "node" : "admin",
        Action = action,
        Request = request,
        Scope = "all",
        Decision = decision,
        Code = code,
        Message = token is null ? message : $"{message}{(string.IsNullOrEmpty(message) ? "" : "; ")}token {token}",
        Machines = caller is null || node.Length == 0 ? null : ImmutableArray.Create(node),
    });
}
