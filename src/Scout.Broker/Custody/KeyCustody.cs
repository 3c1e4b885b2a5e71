using Scout.Broker.Accounts;
using Scout.Broker.Certificates;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Broker.Secure;
using Scout.Broker.Supervision;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Custody;

/// <summary>
/// What the keeper of a broker's directory does with its keys: takes logins back, changes the keys of roles and the authority, brings rights up to date. Works on the
/// directory, with or without a running broker; one that runs is told, and must confirm (security.md 11).
/// </summary>
public static class KeyCustody
{
    /// <summary>Takes logins back, by the names of their holders or by their keys (<c>U…</c>).</summary>
    /// <param name="root">The broker's directory.</param>
    /// <param name="kind">Whom a name means.</param>
    /// <param name="holders">Names or keys.</param>
    /// <param name="time">For dates and waits.</param>
    /// <param name="cancellation">Stops the waiting.</param>
    public static Task<(CustodyReport? Report, BrokerExit? Error)> RevokeAsync(string root, HolderKind kind, IReadOnlyList<string> holders, TimeProvider time, CancellationToken cancellation) =>
        GuardAsync(root, kind == HolderKind.Node ? "node_revoke" : "caller_revoke", holders, time, async authority =>
        {
            IReadOnlyList<string> said = await authority.RevokeAsync(HolderKeys.Of(authority, kind, holders), cancellation);
            string[] next = kind == HolderKind.Caller ? ["nodes that are connected refuse requests of these callers within seconds; 'scout nodes' names those that have not heard of it yet"] : [];
            return new Change([.. said.Select(static line => "revoked: " + line)], next);
        }, cancellation);

    /// <summary>Gives a role a new signing key: every login of the role ends.</summary>
    public static Task<(CustodyReport? Report, BrokerExit? Error)> RotateRoleAsync(string root, string word, TimeProvider time, CancellationToken cancellation) => GuardAsync(root, "role_rotate", [word], time, async authority =>
    {
        if (!RoleNames.TryParse(word, out ScoutRole role)) throw new BrokerKeyException($"'{Shown.Clip(word)}' is no role", "roles: " + string.Join(", ", RoleTemplates.All.Select(static one => RoleNames.Word(one.Role))));
        NotExternal(authority, "'scout broker external' takes over the key that he made");
        string key = await authority.RotateRoleAsync(role, cancellation);
        // The broker's own logins first: a running one reads them again when the old ones are cut.
        BrokerSettings settings = BrokerSettings.Read(authority.Keys.Files);
        (IReadOnlyList<string> renewed, _) = ServiceLogins.Renew(authority, settings, time.GetUtcNow());
        return new Change([$"role {word} has a new signing key, {key}", .. renewed.Select(static name => $"login {name}.creds signed anew")], [AfterRotation(role)]);
    }, cancellation);

    /// <summary>
    /// A new authority for TLS, in three steps with a life of the nodes' logins between them, in which they learn of it: <c>begin</c>, <c>switch</c>, <c>finish</c>.
    /// </summary>
    public static Task<(CustodyReport? Report, BrokerExit? Error)> RotateAuthorityAsync(string root, string step, bool force, TimeProvider time, CancellationToken cancellation) =>
        GuardAsync(root, "ca_rotate", [step], time, async authority =>
        {
            NotExternal(authority, "'scout broker external --ca FILE' takes over another authority");
            using ChangeLock held = await ChangeLock.TakeAsync(authority.Keys.Files.ChangeLock, time, cancellation);
            var rotation = new AuthorityRotation(authority.Keys.Files, BrokerSettings.Read(authority.Keys.Files), time.GetUtcNow());
            return step switch
            {
                "begin" => rotation.Begin(),
                "switch" => rotation.Switch(force),
                "finish" => rotation.Finish(force),
                _ => throw new BrokerKeyException($"'{Shown.Clip(step)}' is no step of a change of authority", "steps: begin, switch, finish"),
            };
        }, cancellation);

    /// <summary>Brings the rights of the roles up to those of this version of Scout. Holders of a role that changes reconnect.</summary>
    public static Task<(CustodyReport? Report, BrokerExit? Error)> UpdateRightsAsync(string root, TimeProvider time, CancellationToken cancellation) => GuardAsync(root, "rights_update", [], time, async authority =>
    {
        NotExternal(authority, "'scout broker roles --format nsc' says what he should set");
        IReadOnlyList<string> changed = await authority.UpdateTemplatesAsync(cancellation);
        return new Change(changed.Count == 0 ? ["rights of all roles are those of this version already"] : [.. changed.Select(static role => $"rights of role {role} brought up to date")], []);
    }, cancellation);

    /// <summary>Roles whose rights in the directory are not those of this version.</summary>
    public static (IReadOnlyList<string>? Roles, BrokerExit? Error) RightsThatDiffer(string root, TimeProvider time)
    {
        try
        {
            return (new AccountAuthority(BrokerKeyring.Open(root), time).TemplatesThatDiffer(), null);
        }
        catch (BrokerKeyException failure)
        {
            return (null, failure.ToExit());
        }
    }

    private static async Task<(CustodyReport? Report, BrokerExit? Error)> GuardAsync(
        string root, string action, IReadOnlyList<string> subjects, TimeProvider time, Func<AccountAuthority, Task<Change>> work, CancellationToken cancellation)
    {
        try
        {
            BrokerKeyring keys = BrokerKeyring.Open(root);
            keys.FinishRotations();
            var audit = new CustodyAudit(keys.Files, time);
            // Before it is done: what cannot be written down is not done.
            audit.Write(action, subjects, "begun", null);
            Change change;
            try
            {
                change = await work(new AccountAuthority(keys, time));
            }
            catch (Exception failure)
            {
                audit.Write(action, subjects, "failed", failure.Message);
                throw;
            }

            if (IsExternal(keys.Files))
            {
                audit.Write(action, subjects, "written", External.ExternalReload.Owner);
                return (new CustodyReport(change.Done, InForce: false, $"nodes and the provisioner refuse it when they have {keys.Files.Trust}; {External.ExternalReload.Owner}", change.Next) { Waiting = true }, null);
            }

            bool runs = Attached.AttachedLock.Holder(keys.Files) is not null || StoreLock.Probe(Path.Combine(keys.Files.Store, ".scout.lock")) is { Orphaned: false };
            ReloadOutcome outcome = await new SignalReload(keys.Files, time).ReloadAsync("a command", cancellation);
            audit.Write(action, subjects, outcome.Applied ? "ok" : "written", outcome.Detail);
            return (new CustodyReport(change.Done, outcome.Applied, outcome.Detail, change.Next) { Waiting = !runs }, null);
        }
        catch (BrokerKeyException failure)
        {
            return (null, failure.ToExit());
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            return (null, BrokerExit.Refused($"{root} cannot be changed: {failure.Message}", "the user that runs the broker must own it: try again as that user"));
        }
    }

    private static bool IsExternal(BrokerFiles files) => BrokerSettings.TryRead(files.Settings, out BrokerSettings? settings, out _) && settings.External is not null;

    /// <summary>Keys and rights of a broker that is not ours are its owner's to change.</summary>
    private static void NotExternal(AccountAuthority authority, string hint)
    {
        if (IsExternal(authority.Keys.Files)) throw new BrokerKeyException($"{authority.Keys.Files.Root} is for a broker that is not ours: its owner changes that", hint);
    }

    private static string AfterRotation(ScoutRole role) => role switch
    {
        ScoutRole.Node => "every node is cut: each comes back by its recovery login, as the enrolment policy says ('recover')",
        ScoutRole.Recover => "nodes get a new recovery login with their next renewal; one that sleeps past its expiry before that needs a new token",
        ScoutRole.Enroll => "tokens that were not used yet are worthless now: make new ones with 'scout token new'",
        ScoutRole.Provisioner or ScoutRole.ProvisionerEnrol or ScoutRole.Broker => "the broker has its new login already",
        ScoutRole.Admin => "give the administrators new credentials with 'scout creds new --role admin'; creds/admin.creds is new already",
        _ => $"give its holders new credentials with 'scout creds new --role {RoleNames.Word(role)}'",
    };
}

/// <summary>What was changed in the directory.</summary>
internal sealed record Change(IReadOnlyList<string> Done, IReadOnlyList<string> Next);
