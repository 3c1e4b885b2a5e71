using System.Diagnostics.CodeAnalysis;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>Where nodes and admins ask the provisioner (security.md 5, 10 and 11). Building throws <see cref="ArgumentException"/> on a bad name; parsing says no.</summary>
public static class EnrolmentSubjects
{
    /// <summary>Bucket of tokens and of the keys that nodes were given, in the account PROVISION.</summary>
    public const string TokenBucket = "SCOUT_TOKENS";

    public const string AllEnrolments = EnrollPrefix + "*";

    public const string AllRecoveries = RecoverPrefix + "*";

    public const string AllRenewals = RenewPrefix + "*";

    public const string AllAdmin = AdminPrefix + "*";

    public const string AllStartups = "scout.lifecycle.*.startup";

    private const string EnrollPrefix = "scout.enroll.";
    private const string RecoverPrefix = "scout.recover.";
    private const string RenewPrefix = "scout.renew.";
    private const string AdminPrefix = "scout.admin.";

    /// <summary><c>scout.enroll.KEY</c>: KEY is the token's own.</summary>
    public static string Enroll(string tokenKey) => EnrollPrefix + Key(tokenKey);

    /// <summary><c>scout.recover.KEY</c>: KEY is the node's own.</summary>
    public static string Recover(string nodeKey) => RecoverPrefix + Key(nodeKey);

    /// <summary><c>scout.renew.NODE</c>.</summary>
    public static string Renew(string node) =>
        Names.IsNode(node) ? RenewPrefix + node : throw new ArgumentException($"'{Shown.Clip(node)}' is not a node name ([a-z0-9][a-z0-9_-]*, at most 63)", nameof(node));

    /// <summary><c>scout.admin.ACTION</c>.</summary>
    public static string Admin(AdminAction action) => AdminPrefix + AdminActions.Name(action);

    /// <summary>The key at the end of <c>scout.enroll.KEY</c> or <c>scout.recover.KEY</c>.</summary>
    public static bool TryParseKey([NotNullWhen(true)] string? subject, [NotNullWhen(true)] out string? key)
    {
        key = Rest(subject, EnrollPrefix) ?? Rest(subject, RecoverPrefix);
        if (key is not null && KeyText.IsUserKey(key)) return true;
        key = null;
        return false;
    }

    /// <summary>The node at the end of <c>scout.renew.NODE</c>.</summary>
    public static bool TryParseRenew([NotNullWhen(true)] string? subject, [NotNullWhen(true)] out string? node)
    {
        node = Rest(subject, RenewPrefix);
        if (node is not null && Names.IsNode(node)) return true;
        node = null;
        return false;
    }

    public static bool TryParseAdmin([NotNullWhen(true)] string? subject, out AdminAction action)
    {
        action = default;
        return Rest(subject, AdminPrefix) is { } word && AdminActions.TryParse(word, out action);
    }

    private static string? Rest(string? subject, string prefix) => subject is not null && subject.StartsWith(prefix, StringComparison.Ordinal) ? subject[prefix.Length..] : null;

    private static string Key(string key) => KeyText.IsUserKey(key) ? key : throw new ArgumentException($"'{Shown.Clip(key)}' is no public key of a user", nameof(key));
}
