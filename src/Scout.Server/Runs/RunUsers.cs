using System.Collections.Immutable;
using Scout.Checks.Execution;
using Scout.Server.Native;

namespace Scout.Server.Runs;

/// <summary>
/// Whom runs may be made as (plugin_user and plugin_users of the configuration). Closed unless opened: a definition that names a user whom the node does not list is refused.
/// Known once at start, so that a change of the user database changes nobody's rights.
/// </summary>
internal sealed class RunUsers
{
    private readonly Dictionary<string, RunUser> allowed = new(StringComparer.Ordinal);
    private readonly RunUser? usual;
    private readonly string own;

    private RunUsers(string own, RunUser? usual)
    {
        this.own = own;
        this.usual = usual;
    }

    /// <summary>Everything runs as the server itself.</summary>
    public static RunUsers Nobody { get; } = new(Accounts.UserName(Libc.EffectiveUser()) ?? "", null);

    /// <summary>Some runs need another user.</summary>
    public bool ChangesUser => usual is not null || allowed.Count > 0;

    /// <param name="usual">Name of whom runs are made as without a word; empty: the server's own user.</param>
    /// <param name="others">Names that definitions may use besides.</param>
    public static RunUsers Of(string usual, ImmutableArray<string> others)
    {
        uint self = Libc.EffectiveUser();
        var users = new RunUsers(Accounts.UserName(self) ?? "", Other(usual, self));
        foreach (string name in others)
        {
            if (Other(name, self) is { } user) users.allowed[name] = user;
            // The server's own user may be named although others are usual.
            else if (Accounts.Find(name) is { } found && found.Uid == self && users.usual is not null) users.allowed[name] = new RunUser(name, found.Uid, found.Gid);
        }

        return users;
    }

    /// <summary>Finds whom a run is made as.</summary>
    /// <param name="asked">What its definition names, or null.</param>
    /// <param name="user">Null: the server itself.</param>
    /// <param name="problem">Why it is refused.</param>
    public bool TryFind(string? asked, out RunUser? user, out string problem)
    {
        problem = "";
        user = usual;
        if (asked is null || asked == (usual?.Name ?? own)) return true;
        if (allowed.TryGetValue(asked, out user))
        {
            if (user.Uid == Libc.EffectiveUser()) user = null;
            return true;
        }

        problem = $"this node runs nothing as user {asked}; list it in 'plugin_users' of server.yaml if that is meant";
        return false;
    }

    private static RunUser? Other(string name, uint self) => Accounts.Find(name) is { } found && found.Uid != self ? new RunUser(name, found.Uid, found.Gid) : null;
}
