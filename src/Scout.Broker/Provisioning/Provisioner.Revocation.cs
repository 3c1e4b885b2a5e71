using System.Collections.Immutable;
using Scout.Broker.Custody;
using Scout.Protocol.Events;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Broker.Provisioning;

/// <summary>
/// Logins taken back by an admin from his own machine (security.md 11). The reload that this takes loses answers under way, so the answer comes before it, and says
/// <c>pending</c>; the same request again finds everything taken back already and tells whether the server runs with it.
/// </summary>
internal sealed partial class Provisioner
{
    /// <summary>Code of an answer behind which <see cref="ApplyAsync"/> is due.</summary>
    public const string Pending = "pending";

    private string? applyTrouble;

    /// <summary>Has the server take over what was written; after the answer.</summary>
    public async Task ApplyAsync(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            // Whoever asked twice before the first was done needs no second reload, which would cost every answer under way again.
            if (parts.Authority.IsInForce) return;
            applyTrouble = await parts.Authority.ApplyAsync("logins were taken back", stop);
            Audit("reload", "", null, applyTrouble is null ? "allowed" : "refused", applyTrouble is null ? "ok" : "internal", applyTrouble ?? "logins that were taken back are shut out", null);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<AdminReply> RevokeAsync(HolderKind kind, AdminRequest request, string caller, string callerKey, CancellationToken stop)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        foreach (string holder in request.Holders!)
        {
            IReadOnlyList<string> found = Scout.Protocol.Names.IsKey(holder) ? [holder] : await KeysOfAsync(kind, holder, stop);
            if (found.Count == 0)
            {
                return Said("not_found", $"no login of a {(kind == HolderKind.Node ? "node" : "caller")} '{holder}' is known: names are written exactly; one that was signed on another machine is taken back by its key (U and 55 characters)");
            }

            keys.UnionWith(found);
        }

        if (keys.Contains(callerKey)) return Said("conflict", $"that is the login of {caller} with which this is asked: ask with another, or on the broker's machine with --data");
        string[] fresh = [.. keys.Where(key => !parts.Authority.IsRevoked(key))];
        ImmutableArray<string> said = fresh.Length == 0 ? [] : [.. await parts.Authority.WriteRevokedAsync(fresh, stop)];
        if (fresh.Length > 0) applyTrouble = null;
        return parts.Authority.IsInForce
            ? new AdminReply { Code = "ok", Message = "nats-server has confirmed it", Revoked = said }
            : new AdminReply { Code = Pending, Message = applyTrouble ?? "written; nats-server is being told", Revoked = said };
    }

    // The book has the key that has the name now, also when the list of logins was lost.
    private async Task<IReadOnlyList<string>> KeysOfAsync(HolderKind kind, string name, CancellationToken stop)
    {
        IReadOnlyList<string> living = parts.Authority.KeysOf(kind, name);
        if (kind != HolderKind.Node || !Scout.Protocol.Names.IsNode(name) || await parts.Book.GetAsync(TokenBookFormat.NodeKey(name), stop) is not { } entry) return living;
        return [.. living.Append(TokenBookFormat.Node(entry).Key).Distinct()];
    }

    // Who only asks how it stands changes nothing.
    private void AuditRevocation(AdminAction action, AdminRequest request, AdminReply reply, string caller, string callerKey)
    {
        bool written = reply.Revoked is { Length: > 0 };
        if (!written && (reply.Code is "ok" or Pending)) return;
        parts.Record.Audit(new AuditData
        {
            Caller = caller,
            Key = callerKey,
            Role = "admin",
            Action = AdminActions.Name(action),
            Request = request.Id,
            Scope = "all",
            Decision = written ? "allowed" : "refused",
            Code = reply.Code,
            Message = written ? string.Join("; ", reply.Revoked!.Value.Take(8)) : reply.Message,
            Machines = request.Holders,
        });
    }
}
