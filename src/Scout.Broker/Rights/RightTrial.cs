using Scout.Protocol;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Rights;

/// <summary>One subject to be tried, and what should come of it.</summary>
/// <param name="Publish">Publish, else subscribe.</param>
/// <param name="Subject">Without wildcards where something is published.</param>
/// <param name="Wanted">Whether the role has the right.</param>
public sealed record RightTrial(bool Publish, string Subject, bool Wanted);

/// <summary>A right that is not as the role says.</summary>
/// <param name="Trial">What was tried; <see cref="RightTrial.Wanted"/> false means that there is a right too many.</param>
public sealed record RightDifference(RightTrial Trial)
{
    /// <summary>In words: <c>missing</c> or <c>too much</c>.</summary>
    public string Word => Trial.Wanted ? "missing" : "too much";
}

/// <summary>Chooses what is tried for a role. Pure.</summary>
public static class RightTrials
{
    /// <summary>Stands where somebody else's name would: nobody should bear it.</summary>
    public const string Nobody = "scout-doctor";

    // A key that nobody has: its bytes are all zero.
    private const string OtherKey = "UAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    // Wide ones, which no role has, and dangerous ones.
    private static readonly string[] Heard = [">", "*", "*.>", "scout.>", "scout.rpc.>", "scout.rpc.node.*.*", "$KV.>", "$JS.>", "$SYS.>", "_INBOX.>"];

    private static readonly string[] Said =
    [
        "scout." + Nobody, Nobody, "$JS.API.STREAM.DELETE." + Nobody, "$JS.API.STREAM.PURGE." + Nobody, "$JS.API.STREAM.MSG.DELETE." + Nobody, "$JS.API.STREAM.MSG.GET." + Nobody,
        "$JS.API.CONSUMER.CREATE." + Nobody, "$JS.API.CONSUMER.DURABLE.CREATE." + Nobody + ".c", "$JS.API.CONSUMER.MSG.NEXT." + Nobody + ".c", "$SYS.REQ." + Nobody, "_INBOX." + Nobody,
        "scout.roster." + Nobody, "scout.config.all." + Nobody,
    ];

    /// <summary>Every right of the role, and for each right of any other what this one must not do.</summary>
    /// <param name="own">The role, filled in for the user who tries.</param>
    public static IReadOnlyList<RightTrial> For(RoleTemplate own)
    {
        RoleTemplate[] others = [.. RoleTemplates.All.Select(static role => role.For(Nobody, OtherKey, [Nobody]))];
        IEnumerable<string> said = own.Publish.Concat(others.SelectMany(static role => role.Publish)).Select(static one => SubjectPattern.Example(one, Nobody)).Concat(Said);
        // A subscription is tried as the right is written, so that a narrower one shows; deliveries to it are thrown away.
        IEnumerable<string> heard = own.Subscribe.Concat(others.SelectMany(static role => role.Subscribe)).Concat(Heard);
        return
        [
            .. said.Distinct(StringComparer.Ordinal).Select(subject => new RightTrial(true, subject, own.Publish.Any(right => SubjectPattern.Covers(right, subject)))),
            .. heard.Distinct(StringComparer.Ordinal).Select(subject => new RightTrial(false, subject, own.Subscribe.Any(right => SubjectPattern.Covers(right, subject)))),
        ];
    }

    /// <summary>The same with the JetStream API under the prefix of a domain.</summary>
    public static IReadOnlyList<RightTrial> InDomain(IReadOnlyList<RightTrial> trials, string? domain) => domain is null
        ? trials
        : [.. trials.Select(trial => trial.Subject.StartsWith("$JS.API.", StringComparison.Ordinal) ? trial with { Subject = $"$JS.{domain}.API." + trial.Subject["$JS.API.".Length..] } : trial)];

    /// <summary>Where this user hears answers.</summary>
    public static string Inbox(ScoutRole role, string name, string key) => role == ScoutRole.Node ? Subjects.NodeInbox(name) : Subjects.Inbox(key);
}
