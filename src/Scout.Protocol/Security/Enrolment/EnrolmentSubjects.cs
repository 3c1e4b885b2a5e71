using System.Diagnostics.CodeAnalysis;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>What the provisioner hears, read back (security.md 5, 10 and 11); <see cref="Subjects"/> builds them.</summary>
public static class EnrolmentSubjects
{
    /// <summary>A node's first event behind a login: from then on its token is spent.</summary>
    public const string AllStartups = "scout.lifecycle.*.startup";

    private const string AdminPrefix = "scout.admin.";

    /// <summary><c>scout.admin.ACTION</c>.</summary>
    public static string Admin(AdminAction action) => Subjects.Admin(AdminActions.Name(action));

    /// <summary>The key at the end of <c>scout.enroll.KEY</c>.</summary>
    public static bool TryParseEnroll([NotNullWhen(true)] string? subject, [NotNullWhen(true)] out string? key) => TryParseKey(subject, "scout.enroll.", out key);

    /// <summary>The key at the end of <c>scout.recover.KEY</c>.</summary>
    public static bool TryParseRecover([NotNullWhen(true)] string? subject, [NotNullWhen(true)] out string? key) => TryParseKey(subject, "scout.recover.", out key);

    public static bool TryParseAdmin([NotNullWhen(true)] string? subject, out AdminAction action)
    {
        action = default;
        return subject is not null && subject.StartsWith(AdminPrefix, StringComparison.Ordinal) && AdminActions.TryParse(subject.AsSpan(AdminPrefix.Length), out action);
    }

    private static bool TryParseKey(string? subject, string prefix, out string? key)
    {
        key = subject is not null && subject.StartsWith(prefix, StringComparison.Ordinal) ? subject[prefix.Length..] : null;
        if (key is not null && Names.IsKey(key)) return true;
        key = null;
        return false;
    }
}
