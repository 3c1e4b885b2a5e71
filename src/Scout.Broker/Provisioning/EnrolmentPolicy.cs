using System.Collections.Immutable;
using Scout.Protocol.Rpc;

namespace Scout.Broker.Provisioning;

/// <summary>What becomes of a request for credentials without a person looking at it.</summary>
internal enum EnrolmentDecision
{
    Auto,
    Ask,
    Refuse,
}

/// <summary>Which tokens a rule is about.</summary>
internal enum TokenKind
{
    Any,

    /// <summary>One name, one use.</summary>
    Single,

    /// <summary>Several uses, or a pattern of names.</summary>
    Several,
}

/// <summary>One rule; all that it names must hold.</summary>
internal sealed record EnrolmentRule
{
    /// <summary>Globs; empty: every name.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    /// <summary>All groups of the token must be among these; empty: whatever they are.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    public TokenKind Token { get; init; }

    /// <summary>Most decisions <c>auto</c> an hour by this rule; what is beyond is asked for. 0: no bound.</summary>
    public int PerHour { get; init; }

    public required EnrolmentDecision Decision { get; init; }

    public bool Fits(string node, IReadOnlyCollection<string> groups, TokenKind kind) =>
        (Names.IsEmpty || Names.Any(pattern => Glob.Matches(pattern, node)))
        && (Groups.IsEmpty || groups.All(group => Groups.Contains(group)))
        && (Token == TokenKind.Any || Token == kind);
}

/// <summary><c>enrol-policy.yaml</c> (security.md 10): the first rule that fits decides.</summary>
internal sealed record EnrolmentPolicy
{
    /// <summary>A token made for one name, for one use, is its own approval; anything else is asked for.</summary>
    public static EnrolmentPolicy Default { get; } = new();

    public ImmutableArray<EnrolmentRule> Rules { get; init; } = [];

    /// <summary>What becomes of a node that slept past its expiry.</summary>
    public EnrolmentDecision Recovery { get; init; } = EnrolmentDecision.Auto;

    /// <summary>How long ago its credentials may have expired for that; beyond it, it is asked for.</summary>
    public TimeSpan RecoveryUpTo { get; init; } = TimeSpan.FromDays(90);

    /// <summary>The rule that fits, or null for the default.</summary>
    public EnrolmentRule? Find(string node, IReadOnlyCollection<string> groups, TokenKind kind) => Rules.FirstOrDefault(rule => rule.Fits(node, groups, kind));
}

/// <summary>Decides, and counts what was let in without a person.</summary>
internal sealed class EnrolmentJudge(Func<EnrolmentPolicy> policy, TimeProvider time)
{
    private readonly Dictionary<EnrolmentRule, Queue<DateTimeOffset>> taken = [];

    public EnrolmentDecision Decide(string node, IReadOnlyCollection<string> groups, TokenKind kind)
    {
        if (policy().Find(node, groups, kind) is not { } rule) return kind == TokenKind.Single ? EnrolmentDecision.Auto : EnrolmentDecision.Ask;
        if (rule.Decision != EnrolmentDecision.Auto || rule.PerHour == 0) return rule.Decision;
        DateTimeOffset now = time.GetUtcNow();
        if (!taken.TryGetValue(rule, out Queue<DateTimeOffset>? hour)) taken[rule] = hour = new Queue<DateTimeOffset>();
        while (hour.TryPeek(out DateTimeOffset oldest) && now - oldest > TimeSpan.FromHours(1)) hour.Dequeue();
        if (hour.Count >= rule.PerHour) return EnrolmentDecision.Ask;
        hour.Enqueue(now);
        return EnrolmentDecision.Auto;
    }

    public EnrolmentDecision Recover(TimeSpan expiredFor)
    {
        EnrolmentPolicy now = policy();
        return now.Recovery == EnrolmentDecision.Auto && expiredFor > now.RecoveryUpTo ? EnrolmentDecision.Ask : now.Recovery;
    }
}
