using Scout.Protocol.Security.Enrolment;

namespace Scout.Broker.Provisioning;

/// <summary>Renewal before the end, recovery after it (security.md 11).</summary>
internal sealed partial class Provisioner
{
    /// <summary>A request on <c>scout.renew.NODE</c>: the broker let only the holder of that name speak there.</summary>
    public Task<EnrolmentReply> RenewAsync(string node, EnrolmentRequest request, CancellationToken stop) => InTurnAsync("renew", request, node, null, async () =>
    {
        if (request.Node != node) return No(EnrolmentCode.BadRequest, "the request is for another node than its subject");
        byte[] lines = EnrolmentProof.Renew(request.Key, node, request.Time, request.Nonce, request.NewKey);
        if (!Proves(request.Key, lines, request.Proof)) return No(EnrolmentCode.BadProof, "the signature is not by the key that asks");
        if (request.NewKey is { } next && (next == request.Key || !Proves(next, lines, request.NewProof!))) return No(EnrolmentCode.BadProof, "the new key did not sign, or is no new one");
        if (WhyNotFresh(request) is { } old) return old;
        if (request.NewKey is { } fresh) return await RekeyAsync(node, request.Key, fresh, stop);
        return await WhyFormerAsync(node, request.Key, stop) ?? await GiveAsync(node, request.Key, stop);
    }, stop);

    /// <summary>A request on <c>scout.recover.KEY</c>.</summary>
    public Task<EnrolmentReply> RecoverAsync(string key, EnrolmentRequest request, CancellationToken stop) => InTurnAsync("recover", request, key, null, async () =>
    {
        if (request.Key != key || request.NewKey is not null) return No(EnrolmentCode.BadRequest, "the request is for another key than its subject");
        if (!Proves(key, EnrolmentProof.Recover(key, request.Node, request.Time, request.Nonce), request.Proof)) return No(EnrolmentCode.BadProof, "the signature is not by the key that asks");
        if (WhyNotFresh(request) is { } old) return old;
        if (await parts.Book.GetAsync(TokenBookFormat.NodeKey(request.Node), stop) is not { } entry) return No(EnrolmentCode.NotEnrolled, "no node of this name is enrolled");
        if (await WhyFormerAsync(request.Node, key, stop) is { } former) return former;
        NodeRecord record = TokenBookFormat.Node(await parts.Book.GetAsync(TokenBookFormat.NodeKey(request.Node), stop) ?? entry);
        if (record.Key != key) return Taken(record);
        if (parts.Authority.IsRevoked(key)) return No(EnrolmentCode.Revoked, "this key was revoked");
        return await WhyNotRecoveredAsync(record, request, stop) ?? await GiveAsync(request.Node, key, stop);
    }, stop);

    private EnrolmentReply? WhyNotFresh(EnrolmentRequest request)
    {
        double off = Math.Abs((double)Now.ToUnixTimeMilliseconds() - request.Time);
        if (off > Skew.TotalMilliseconds) return No(EnrolmentCode.Stale, $"the node's clock is {off / 1000:0} s off ours", retryS: 60);
        if (seen.IsFull()) return No(EnrolmentCode.Busy, "too many requests", retryS: 60);
        return seen.TryAdd(request.Key, request.Nonce) ? null : No(EnrolmentCode.Replay, "this request was seen before");
    }

    private async Task<EnrolmentReply?> WhyNotRecoveredAsync(NodeRecord record, EnrolmentRequest request, CancellationToken stop)
    {
        TimeSpan expiredFor = Now > record.Expires ? Now - record.Expires : TimeSpan.Zero;
        EnrolmentDecision decision = judge.Recover(expiredFor);
        if (decision == EnrolmentDecision.Auto) return null;
        if (decision == EnrolmentDecision.Refuse) return No(EnrolmentCode.Denied, "the policy of the broker refuses recoveries: make a token with --replace");
        BookEntry? entry = await parts.Book.GetAsync(TokenBookFormat.AskKey(record.Node), stop);
        AskRecord? ask = entry is null ? null : TokenBookFormat.Ask(entry);
        if (ask is { Token: "", State: "approved" } && ask.Key == record.Key)
        {
            // An approval is for one recovery.
            return await parts.Book.UpdateAsync(TokenBookFormat.AskKey(record.Node), TokenBookFormat.ToBytes(ask with { State = "done" }), entry!.Revision, stop)
                ? null
                : No(EnrolmentCode.Busy, "many ask for this at a time", retryS: 5);
        }

        if (ask is { Token: "", State: "denied" } && ask.Key == record.Key && Now - ask.At < TimeSpan.FromDays(1)) return No(EnrolmentCode.Denied, "a person said no");
        return await WaitAsync(entry, ask, new AskRecord { Node = record.Node, Key = record.Key, Groups = record.Groups, At = Now, State = "pending", Facts = request.Facts }, stop);
    }
}
