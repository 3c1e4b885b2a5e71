namespace Scout.Broker.Accounts;

/// <summary>Whether two scopes give the same rights; the order of subjects means nothing.</summary>
internal static class ScopeComparer
{
    public static bool Same(NatsSigningKey one, NatsSigningKey other)
    {
        if (one.Template is not { } a || other.Template is not { } b) return one.Template is null && other.Template is null;
        return Same(a.Publish, b.Publish) && Same(a.Subscribe, b.Subscribe) && a.Responses == b.Responses && a.Subscriptions == b.Subscriptions && a.Payload == b.Payload && a.Data == b.Data
            && a.BearerToken == b.BearerToken;
    }

    private static bool Same(NatsSubjectPermissions one, NatsSubjectPermissions other) => Same(one.Allow, other.Allow) && Same(one.Deny, other.Deny);

    private static bool Same(IReadOnlyList<string> one, IReadOnlyList<string> other) => one.ToHashSet(StringComparer.Ordinal).SetEquals(other);
}
