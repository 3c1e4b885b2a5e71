using System.Collections.Immutable;
using Scout.Broker.Custody;
using Scout.Protocol.Security.Enrolment;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Provisioning;

/// <summary>What admins ask: tokens, and who waits (security.md 10).</summary>
internal sealed partial class Provisioner
{
    /// <summary>Rows of an answer.</summary>
    private const int MaxRows = 1000;

    private static readonly TimeSpan DefaultTtl = TimeSpan.FromHours(1);

    /// <summary>A request on <c>scout.admin.*</c> whose signature, role and freshness were proved.</summary>
    public async Task<AdminReply> AdminAsync(AdminAction action, AdminRequest request, string caller, string callerKey, CancellationToken stop)
    {
        AdminReply reply;
        await gate.WaitAsync(stop);
        try
        {
            reply = action switch
            {
                AdminAction.Token => await MakeTokenAsync(request, caller, stop),
                AdminAction.Tokens => await ListTokensAsync(stop),
                AdminAction.Untoken => await WithdrawAsync(request, stop),
                AdminAction.Enrolments => await ListEnrolmentsAsync(stop),
                AdminAction.Approve => await AnswerAsync(request, caller, approve: true, stop),
                AdminAction.RevokeNode => await RevokeAsync(HolderKind.Node, request, caller, callerKey, stop),
                AdminAction.RevokeCaller => await RevokeAsync(HolderKind.Caller, request, caller, callerKey, stop),
                _ => await AnswerAsync(request, caller, approve: false, stop),
            };
        }
        catch (Exception error) when (error is ProvisioningException or NatsException)
        {
            reply = Said("internal", error.Message);
        }
        finally
        {
            gate.Release();
        }

        if (action is AdminAction.RevokeNode or AdminAction.RevokeCaller) AuditRevocation(action, request, reply, caller, callerKey);
        else Audit(AdminActions.Name(action), request.Node ?? "", callerKey, reply.Code == "ok" ? "allowed" : "refused", reply.Code, reply.Message, request.Key, caller, request.Id);
        return reply with { Id = request.Id, Time = Now.ToUnixTimeMilliseconds() };
    }

    private static AdminReply Said(string code, string? message = null) => new() { Code = code, Message = message };

    private async Task<AdminReply> MakeTokenAsync(AdminRequest request, string caller, CancellationToken stop)
    {
        TimeSpan life = request.TtlS > 0 ? TimeSpan.FromSeconds(request.TtlS) : DefaultTtl;
        string node = request.Node!;
        int uses = Math.Max(1, request.Uses);
        if (!request.Replace && uses == 1 && Scout.Protocol.Names.IsNode(node) && await parts.Book.GetAsync(TokenBookFormat.NodeKey(node), stop) is { } there)
        {
            NodeRecord has = TokenBookFormat.Node(there);
            if (!parts.Authority.IsRevoked(has.Key)) return Said("conflict", $"{node} is enrolled with key {has.Key}; --replace makes a token that takes its name and revokes that key");
        }

        using NKeyPair key = NKeyPair.Create(NKeyType.User);
        SignedLogin login = parts.Authority.Issue(ScoutRole.Enroll, "token", key.PublicKey, [], life);
        var record = new TokenRecord { For = node, Groups = request.Groups ?? [], Uses = uses, Replace = request.Replace, Made = Now, Expires = login.Expires, By = caller };
        if (!await parts.Book.CreateAsync(key.PublicKey, TokenBookFormat.ToBytes(record), stop)) return Said("internal", "the token's key exists already");
        var token = new EnrolmentToken
        {
            Urls = parts.Authority.Urls,
            Ca = parts.Authority.Authorities,
            Trust = parts.Authority.TrustKey,
            Jwt = login.Jwt,
            Seed = key.ExportSeed(),
            Expires = login.Expires,
        };
        return new AdminReply { Code = "ok", Token = token.ToText(), Tokens = [Row(key.PublicKey, record)] };
    }

    private async Task<AdminReply> ListTokensAsync(CancellationToken stop)
    {
        var rows = new List<TokenRow>();
        foreach (string key in (await parts.Book.KeysAsync(stop)).Where(TokenBookFormat.IsToken))
        {
            if (await parts.Book.GetAsync(key, stop) is { } entry) rows.Add(Row(key, TokenBookFormat.Token(entry)));
        }

        return new AdminReply { Code = "ok", Tokens = [.. rows.OrderByDescending(row => row.Made).Take(MaxRows)], Truncated = Math.Max(0, rows.Count - MaxRows) };
    }

    private TokenRow Row(string key, TokenRecord token) => new(
        key, token.For, token.Groups, token.State(Now), token.Uses, token.Bound.Length, token.Replace, token.Made, token.Expires, token.By, [.. token.Bound.Select(use => use.Node).Take(20)]);

    private async Task<AdminReply> WithdrawAsync(AdminRequest request, CancellationToken stop)
    {
        string[] found = [.. (await parts.Book.KeysAsync(stop)).Where(key => TokenBookFormat.IsToken(key) && key.StartsWith(request.Key!, StringComparison.Ordinal))];
        if (request.Key!.Length < 6) return Said("bad_request", "give at least 6 characters of the token's key");
        if (found.Length == 0) return Said("not_found", $"no token begins with {request.Key}: 'scout token ls' shows them");
        if (found.Length > 1) return Said("bad_request", $"{found.Length} tokens begin with {request.Key}: give more of it");
        for (int round = 0; round < Rounds; round++)
        {
            if (await parts.Book.GetAsync(found[0], stop) is not { } entry) return Said("not_found", "the token has gone");
            TokenRecord token = TokenBookFormat.Token(entry) with { Revoked = true };
            if (!await parts.Book.UpdateAsync(found[0], TokenBookFormat.ToBytes(token), entry.Revision, stop)) continue;
            string? note = token.Bound.IsEmpty ? null : $"what it enrolled stays: {string.Join(' ', token.Bound.Select(use => use.Node))}; 'scout node revoke' takes a node's key back";
            return new AdminReply { Code = "ok", Message = note, Tokens = [Row(found[0], token)] };
        }

        return Said("busy", "many change this token at a time");
    }

    private async Task<AdminReply> ListEnrolmentsAsync(CancellationToken stop)
    {
        var rows = new List<EnrolmentRow>();
        foreach (string key in await parts.Book.KeysAsync(stop))
        {
            if (TokenBookFormat.IsToken(key) || await parts.Book.GetAsync(key, stop) is not { } entry) continue;
            if (TokenBookFormat.IsAsk(key))
            {
                AskRecord ask = TokenBookFormat.Ask(entry);
                if (ask.State != "done") rows.Add(new EnrolmentRow(ask.Node, ask.State, ask.Key, ask.Token, ask.Groups, ask.At, null, ask.Facts, ask.Reason));
            }
            else if (TokenBookFormat.IsNode(key))
            {
                NodeRecord node = TokenBookFormat.Node(entry);
                rows.Add(new EnrolmentRow(node.Node, parts.Authority.IsRevoked(node.Key) ? "revoked" : "enrolled", node.Key, node.Token, node.Groups, node.Since, node.Expires, node.Facts, null));
            }
        }

        // An approval that was used stands no longer beside the node it let in.
        rows.RemoveAll(row => row.State == "approved" && rows.Exists(other => other.State == "enrolled" && other.Node == row.Node && other.Key == row.Key && other.Token == row.Token));
        return new AdminReply
        {
            Code = "ok",
            Enrolments = [.. rows.OrderBy(row => row.State == "pending" ? 0 : 1).ThenBy(row => row.Node, StringComparer.Ordinal).Take(MaxRows)],
            Truncated = Math.Max(0, rows.Count - MaxRows),
        };
    }

    private async Task<AdminReply> AnswerAsync(AdminRequest request, string caller, bool approve, CancellationToken stop)
    {
        string name = TokenBookFormat.AskKey(request.Node!);
        for (int round = 0; round < Rounds; round++)
        {
            if (await parts.Book.GetAsync(name, stop) is not { } entry) return Said("not_found", $"{request.Node} does not wait: 'scout enroll ls' shows who does");
            AskRecord ask = TokenBookFormat.Ask(entry);
            // A person may change his mind as long as the answer was not used.
            if (ask.State == "done" || (ask.State == (approve ? "approved" : "denied"))) return Said(ask.State == "done" ? "not_found" : "ok", $"{request.Node} is {ask.State} already");
            if (request.Key is { } key && key != ask.Key) return Said("conflict", $"{request.Node} waits with key {ask.Key}, not {key}: somebody else may have come under its name");
            AskRecord answered = ask with { State = approve ? "approved" : "denied", By = caller, Reason = request.Reason };
            if (!await parts.Book.UpdateAsync(name, TokenBookFormat.ToBytes(answered), entry.Revision, stop)) continue;
            return new AdminReply { Code = "ok", Enrolments = ImmutableArray.Create(new EnrolmentRow(ask.Node, answered.State, ask.Key, ask.Token, ask.Groups, ask.At, null, ask.Facts, answered.Reason)) };
        }

        return Said("busy", "many answer at a time");
    }
}
