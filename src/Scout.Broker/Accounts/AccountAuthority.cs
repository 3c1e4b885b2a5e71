using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Broker.Accounts;

/// <summary>A login that was signed.</summary>
/// <param name="Jwt">To be handed to the holder of the key.</param>
/// <param name="Login">As it stands in the book.</param>
internal sealed record IssuedUser(string Jwt, IssuedLogin Login);

/// <summary>
/// Signs logins, takes them back, and changes the keys of roles. One a directory; safe to use from any thread. Names and groups are checked here, whoever asks: a JWT
/// with a wildcard for a name would speak for every node (security.md 6, trap 1).
/// </summary>
internal sealed class AccountAuthority
{
    /// <summary>Where nothing else bounds a role.</summary>
    private static readonly TimeSpan ServiceLife = TimeSpan.FromDays(30);

    /// <summary>How long a revocation is kept for a key of which the book knows nothing: the longest life of a login and a day.</summary>
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(366);

    /// <summary>
    /// A login that is being signed while its key is taken back is issued later than that: a server refuses what was issued up to the time in the revocation, so that lies ahead. The
    /// key gets no other login, so nothing good is refused.
    /// </summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(1);

    private readonly TimeProvider time;

    public AccountAuthority(BrokerKeyring keys, TimeProvider time)
    {
        this.time = time;
        Keys = keys;
        Issued = new IssuedBook(keys.Files.Issued, time);
        Trust = new TrustBook(keys, time);
    }

    public BrokerKeyring Keys { get; }

    public IssuedBook Issued { get; }

    public TrustBook Trust { get; }

    /// <summary>How long a login of a role may live at most.</summary>
    public static TimeSpan LongestFor(ScoutRole role) => RoleTemplates.Of(role).MaxLife ?? ServiceLife;

    /// <summary>Signs a login for a key that its holder has made.</summary>
    /// <param name="role">Whose private signing key must be in the directory.</param>
    /// <param name="name">By the rules of the role.</param>
    /// <param name="publicKey">The holder's (<c>U…</c>).</param>
    /// <param name="groups">Of a node.</param>
    /// <param name="life">Null: as long as the role may.</param>
    /// <exception cref="BrokerKeyException">A bad name, group, key or life; a revoked key; the role's key is not here.</exception>
    public IssuedUser IssueUser(ScoutRole role, string name, string publicKey, IReadOnlyCollection<string>? groups = null, TimeSpan? life = null)
    {
        groups ??= [];
        if (RoleNames.Problem(role, name, groups) is { } problem) throw new BrokerKeyException(problem);
        if (!NKeys.IsPublicKey(publicKey, NKeyType.User)) throw new BrokerKeyException($"'{Shown.Clip(publicKey)}' is no public key of a user (U and 55 characters)");
        TimeSpan longest = LongestFor(role);
        TimeSpan lives = life ?? longest;
        if (lives <= TimeSpan.Zero || lives > longest) throw new BrokerKeyException($"a {RoleNames.Word(role)} may have a login for at most {longest.TotalDays:0} days", $"give a life up to {longest.TotalDays:0}d");
        BrokerAccount account = BrokerAccounts.Of(RoleTemplates.Of(role).Account);
        NatsAccountClaims home = Keys.Account(account);
        if (home.Revocations.ContainsKey(publicKey)) throw new BrokerKeyException($"the key {publicKey} was revoked and gets no login any more", "make a new key");
        using NKeyPair signer = Keys.OpenRole(role);
        if (home.SigningKeys.All(key => key.Key != signer.PublicKey || key.Role != RoleNames.Word(role)))
        {
            throw new BrokerKeyException($"{Keys.Files.RoleKey(role)} is not the present key of role {RoleNames.Word(role)}", "it was replaced: use the directory that has the new one");
        }

        DateTimeOffset now = time.GetUtcNow();
        // JWTs count in seconds; the book must not say more than the JWT does.
        DateTimeOffset expires = DateTimeOffset.FromUnixTimeSeconds((now + lives).ToUnixTimeSeconds());
        var claims = new NatsUserClaims
        {
            Subject = publicKey,
            Name = name,
            Expires = expires,
            Tags = [.. groups.Order(StringComparer.Ordinal).Select(static group => RoleTemplate.GroupTag + group)],
            IssuerAccount = home.Subject,
        };
        string jwt = NatsJwt.Encode(claims, signer, now, AccountPlan.NewId());
        if (jwt.Length > NatsCreds.MaxJwtLength) throw new BrokerKeyException($"the login would be {jwt.Length} characters long, and servers take {NatsCreds.MaxJwtLength}", "give fewer groups");
        var login = new IssuedLogin(now, RoleNames.Word(role), name, publicKey, expires);
        Issued.Add(login);
        return new IssuedUser(jwt, login);
    }

    /// <summary>Makes a key and signs a login for it: the text of a creds file with the authority and the addresses in it.</summary>
    /// <param name="role">Of the login.</param>
    /// <param name="name">By the rules of the role.</param>
    /// <param name="settings">Tells the addresses.</param>
    /// <param name="life">Null: as long as the role may.</param>
    /// <param name="present">The holder's key, when it has one already.</param>
    /// <exception cref="BrokerKeyException">As <see cref="IssueUser"/>.</exception>
    public string IssueCreds(ScoutRole role, string name, BrokerSettings settings, TimeSpan? life = null, NKeyPair? present = null)
    {
        using NKeyPair? made = present is null ? NKeyPair.Create(NKeyType.User) : null;
        NKeyPair key = present ?? made!;
        IssuedUser user = IssueUser(role, name, key.PublicKey, life: life);
        return NatsCreds.Format(user.Jwt, key.ExportSeed(), Keys.Files.AuthorityPem(), settings.UrlList, RoleNames.Word(role));
    }

    /// <summary>
    /// Writes keys down as revoked: in the accounts, and callers in the trust document too. In force when the server has read it again
    /// (<see cref="IBrokerReload"/>).
    /// </summary>
    /// <returns>What was revoked: one line for people each.</returns>
    public async Task<IReadOnlyList<string>> RevokeAsync(IReadOnlyCollection<string> publicKeys, CancellationToken cancellation)
    {
        foreach (string key in publicKeys)
        {
            if (!NKeys.IsPublicKey(key, NKeyType.User)) throw new BrokerKeyException($"'{Shown.Clip(key)}' is no public key of a user (U and 55 characters)");
        }

        using ChangeLock held = await ChangeLock.TakeAsync(Keys.Files.ChangeLock, time, cancellation);
        DateTimeOffset now = time.GetUtcNow();
        ILookup<string, IssuedLogin> known = Issued.Living().ToLookup(static one => one.Key, StringComparer.Ordinal);
        List<RevokedCaller> callers = [];
        List<string> said = [];
        Dictionary<BrokerAccount, List<string>> of = new() { [BrokerAccount.Fleet] = [], [BrokerAccount.Provision] = [] };
        foreach (string key in publicKeys.Distinct(StringComparer.Ordinal))
        {
            IssuedLogin[] logins = [.. known[key]];
            ScoutRole[] roles = [.. logins.Select(static one => RoleNames.TryParse(one.Role, out ScoutRole role) ? role : ScoutRole.Viewer).Distinct()];
            // Of a key signed elsewhere nothing is known: it is shut out everywhere.
            foreach (BrokerAccount account in roles.Length == 0 ? [BrokerAccount.Fleet, BrokerAccount.Provision] : roles.Select(static role => BrokerAccounts.Of(RoleTemplates.Of(role).Account)).Distinct())
            {
                of[account].Add(key);
            }

            DateTimeOffset until = logins.Length == 0 ? now + LongestLife : logins.Max(static one => one.Expires);
            if (roles.Length == 0 || roles.Any(static role => RoleTemplates.Of(role).Account == AccountKind.Fleet && role != ScoutRole.Node)) callers.Add(new RevokedCaller(key, until));
            said.Add(logins.Length == 0 ? $"{key} (not in {Keys.Files.Issued})" : $"{logins[0].Role} {logins[0].Name}, key {key}");
        }

        // Not half: what nodes cannot be told of is not begun.
        if (callers.Count > 0) Trust.Ready();
        using NKeyPair signer = Keys.OpenOperatorSigning();
        foreach ((BrokerAccount account, List<string> keys) in of)
        {
            if (keys.Count > 0) Change(account, signer, claims => claims with { Revocations = Revoked(claims, keys, known, now) });
        }

        if (callers.Count > 0) Trust.Issue(callers);
        return said;
    }

    /// <summary>
    /// A new signing key for a role: the old one's logins are cut and refused from the next reload on, its requests when nodes have the next trust document.
    /// </summary>
    /// <returns>The new public key.</returns>
    public async Task<string> RotateRoleAsync(ScoutRole role, CancellationToken cancellation)
    {
        using ChangeLock held = await ChangeLock.TakeAsync(Keys.Files.ChangeLock, time, cancellation);
        Trust.Ready();
        string path = Keys.Files.RoleKey(role);
        using NKeyPair fresh = NKeyPair.Create(NKeyType.Account);
        using NKeyPair signer = Keys.OpenOperatorSigning();
        // The new key is on disk before anything refers to it; the old file stays beside it until all is done, so that an interruption loses neither.
        string next = path + ".next";
        PrivateFile.Replace(next, fresh.ExportSeed() + "\n");
        Change(BrokerAccounts.Of(RoleTemplates.Of(role).Account), signer, claims => claims with
        {
            SigningKeys = [.. claims.SigningKeys.Where(key => key.Role != RoleNames.Word(role)), AccountPlan.Scope(role, fresh.PublicKey)],
        });
        File.Move(next, path, overwrite: true);
        Trust.Issue([]);
        return fresh.PublicKey;
    }

    /// <summary>
    /// Brings the templates of the roles in the accounts up to what this version of Scout says. Every user of a role that differs is cut at the next reload
    /// (security.md 5), so it is asked for first.
    /// </summary>
    /// <returns>Words of the roles that changed.</returns>
    public async Task<IReadOnlyList<string>> UpdateTemplatesAsync(CancellationToken cancellation)
    {
        using ChangeLock held = await ChangeLock.TakeAsync(Keys.Files.ChangeLock, time, cancellation);
        IReadOnlyList<string> different = TemplatesThatDiffer();
        if (different.Count == 0) return different;
        using NKeyPair signer = Keys.OpenOperatorSigning();
        foreach (BrokerAccount account in (BrokerAccount[])[BrokerAccount.Fleet, BrokerAccount.Provision])
        {
            Change(account, signer, claims => claims with
            {
                SigningKeys = [.. claims.SigningKeys.Select(key => RoleNames.TryParse(key.Role, out ScoutRole role) ? AccountPlan.Scope(role, key.Key) : key)],
            });
        }

        return different;
    }

    /// <summary>Roles whose template in the accounts is not the one of this version.</summary>
    public IReadOnlyList<string> TemplatesThatDiffer()
    {
        IEnumerable<NatsSigningKey> there = Keys.Account(BrokerAccount.Fleet).SigningKeys.Concat(Keys.Account(BrokerAccount.Provision).SigningKeys);
        return [.. there.Where(static key => RoleNames.TryParse(key.Role, out ScoutRole role) && !ScopeComparer.Same(key, AccountPlan.Scope(role, key.Key))).Select(static key => key.Role)];
    }

    private void Change(BrokerAccount account, NKeyPair signer, Func<NatsAccountClaims, NatsAccountClaims> change) =>
        AccountFile.Write(Keys.Files.AccountJwt(account), NatsJwt.Encode(change(Keys.Account(account)), signer, time.GetUtcNow(), AccountPlan.NewId()));

    /// <summary>Those of before whose logins may still live, and the new ones.</summary>
    private static Dictionary<string, DateTimeOffset> Revoked(NatsAccountClaims claims, List<string> keys, ILookup<string, IssuedLogin> known, DateTimeOffset now)
    {
        Dictionary<string, DateTimeOffset> revoked = new(StringComparer.Ordinal);
        foreach ((string key, DateTimeOffset at) in claims.Revocations)
        {
            if (known.Contains(key) || at + LongestLife > now) revoked[key] = at;
        }

        foreach (string key in keys) revoked[key] = now + Ahead;
        return revoked;
    }
}
