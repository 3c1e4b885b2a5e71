using System.Diagnostics.CodeAnalysis;

namespace Scout.Protocol.Security.Roles;

/// <summary>
/// Words of the roles, and which names their holders may have. A JWT named <c>*</c> made its holder publish for every node, a tag <c>group:*</c> subscribed to every
/// group (security.md 6, trap 1): ask <see cref="Problem"/> where a JWT is made and where one is read.
/// </summary>
public static class RoleNames
{
    private static readonly string[] Words =
        ["node", "viewer", "operator", "deployer", "provisioner", "provisioner-enrol", "admin", "broker", "gateway", "enroll", "recover"];

    /// <summary>As in file names, in the trust document and on the command line.</summary>
    public static string Word(ScoutRole role) => Words[(int)role];

    /// <summary>Exact words only.</summary>
    public static bool TryParse(ReadOnlySpan<char> word, out ScoutRole role)
    {
        for (int i = 0; i < Words.Length; i++)
        {
            if (!word.SequenceEqual(Words[i])) continue;
            role = (ScoutRole)i;
            return true;
        }

        role = default;
        return false;
    }

    /// <summary>True for roles that people hold, whose names may have dots and an @.</summary>
    public static bool IsPerson(ScoutRole role) => role is ScoutRole.Viewer or ScoutRole.Operator or ScoutRole.Deployer or ScoutRole.Admin;

    /// <summary>True for a name that a holder of this role may have.</summary>
    public static bool IsName(ScoutRole role, [NotNullWhen(true)] string? name) => name is not null && (IsPerson(role) ? Names.IsPerson(name) : Names.IsNode(name));

    /// <summary>What is wrong with a holder, in words for people; null when nothing is.</summary>
    /// <param name="role">Of the JWT's signing key.</param>
    /// <param name="name">In the JWT.</param>
    /// <param name="groups">Without <see cref="RoleTemplate.GroupTag"/>.</param>
    public static string? Problem(ScoutRole role, string? name, IEnumerable<string> groups)
    {
        if (!IsName(role, name))
        {
            return IsPerson(role)
                ? $"'{Shown.Clip(name ?? "")}' is not a name for a {Word(role)} ([a-z0-9][a-z0-9._@-]*, at most {Names.MaxLength})"
                : $"'{Shown.Clip(name ?? "")}' is not a name for a {Word(role)} ([a-z0-9][a-z0-9_-]*, at most {Names.MaxLength})";
        }

        string? bad = groups.FirstOrDefault(static group => !Names.IsGroup(group));
        return bad is null ? null : $"'{Shown.Clip(bad)}' is not a group name ([a-z0-9][a-z0-9_-]*, at most {Names.MaxLength})";
    }

    /// <summary>Groups among the tags of a JWT, unchecked; tags that are no groups are left out.</summary>
    public static IReadOnlyList<string> Groups(IEnumerable<string> tags) =>
        [.. tags.Where(static tag => tag.StartsWith(RoleTemplate.GroupTag, StringComparison.OrdinalIgnoreCase)).Select(static tag => tag[RoleTemplate.GroupTag.Length..])];
}
