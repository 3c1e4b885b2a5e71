namespace Scout.Kubernetes.Fake;

/// <summary>What somebody may do; <c>*</c> and null stand for anything.</summary>
public sealed record FakeRule(string Verb = "*", string Group = "*", string Resource = "*", string? Namespace = null)
{
    public bool Allows(string verb, FakeResource resource, string? space) =>
        Verb is "*" || Verb == verb ? (Group is "*" || Group == resource.Group) && (Resource is "*" || Resource == resource.Plural) && (Namespace is null || Namespace == space) : false;
}

/// <summary>Who may ask, and what. Tokens come and go while the server runs.</summary>
public sealed class FakeAccounts
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (string User, FakeRule[] Rules)> accounts = [];

    /// <summary>A token; without rules it may do everything.</summary>
    public void Add(string token, string user = "system:serviceaccount:default:scout", params FakeRule[] rules)
    {
        lock (gate) accounts[token] = (user, rules.Length == 0 ? [new FakeRule()] : rules);
    }

    /// <summary>Withdrawn, or expired.</summary>
    public void Remove(string token)
    {
        lock (gate) accounts.Remove(token);
    }

    internal (string User, FakeRule[] Rules)? Find(string authorization)
    {
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal)) return null;
        lock (gate) return accounts.TryGetValue(authorization["Bearer ".Length..], out (string User, FakeRule[] Rules) found) ? found : null;
    }
}
