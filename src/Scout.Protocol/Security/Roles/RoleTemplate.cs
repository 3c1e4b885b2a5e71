using System.Collections.Immutable;

namespace Scout.Protocol.Security.Roles;

/// <summary>
/// What one role may do, as a scoped signing key of nats-server has it: subjects with <c>{{name()}}</c>, <c>{{subject()}}</c> (the user's own key) and
/// <c>{{tag(group)}}</c> in them. A scoped key overrides whatever the user's JWT asks for.
/// </summary>
public sealed record RoleTemplate
{
    /// <summary>Stands for the name in the JWT.</summary>
    public const string NamePlace = "{{name()}}";

    /// <summary>Stands for the user's public key.</summary>
    public const string KeyPlace = "{{subject()}}";

    /// <summary>Stands for each group of the user; a subject with it is dropped for a user without groups.</summary>
    public const string GroupPlace = "{{tag(group)}}";

    /// <summary>Before a group, among the tags of a JWT.</summary>
    public const string GroupTag = "group:";

    public required ScoutRole Role { get; init; }

    public AccountKind Account { get; init; } = AccountKind.Fleet;

    /// <summary>What may be published; nothing else may.</summary>
    public required ImmutableArray<string> Publish { get; init; }

    /// <summary>What may be subscribed to; nothing else may.</summary>
    public required ImmutableArray<string> Subscribe { get; init; }

    /// <summary>Subscriptions at once; -1: no bound.</summary>
    public int MaxSubscriptions { get; init; } = -1;

    /// <summary>Bytes of a message; -1: the server's bound.</summary>
    public int MaxPayload { get; init; } = -1;

    /// <summary>How long a login of this role may live at most; null: as long as whoever makes it says.</summary>
    public TimeSpan? MaxLife { get; init; }

    /// <summary>The same with the places filled: what this user may do, as nats-server computes it.</summary>
    /// <param name="name">Of the user.</param>
    /// <param name="key">Public key of the user.</param>
    /// <param name="groups">Of the user.</param>
    /// <exception cref="ArgumentException">A name or a group that must not get into a subject.</exception>
    public RoleTemplate For(string name, string key, IReadOnlyCollection<string> groups)
    {
        if (RoleNames.Problem(Role, name, groups) is { } problem) throw new ArgumentException(problem, nameof(name));
        if (!Names.IsKey(key)) throw new ArgumentException($"'{Shown.Clip(key)}' is no public key of a user", nameof(key));
        return this with { Publish = Fill(Publish, name, key, groups), Subscribe = Fill(Subscribe, name, key, groups) };
    }

    private static ImmutableArray<string> Fill(ImmutableArray<string> subjects, string name, string key, IReadOnlyCollection<string> groups) =>
    [
        .. subjects
            .SelectMany(subject => subject.Contains(GroupPlace, StringComparison.Ordinal) ? groups.Select(group => subject.Replace(GroupPlace, group, StringComparison.Ordinal)) : [subject])
            .Select(subject => subject.Replace(NamePlace, name, StringComparison.Ordinal).Replace(KeyPlace, key, StringComparison.Ordinal)),
    ];
}
