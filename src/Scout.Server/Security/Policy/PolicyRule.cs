using System.Collections.Immutable;
using Scout.Protocol;
using Scout.Protocol.Rpc;
using Scout.Protocol.Security.Roles;

namespace Scout.Server.Security.Policy;

/// <summary>One rule of the policy (security.md 8). Everything that is given must hold; a list holds when one entry fits.</summary>
internal sealed record PolicyRule
{
    /// <summary>From 1, as it stands in the file.</summary>
    public required int Number { get; init; }

    public required bool Deny { get; init; }

    public required ImmutableArray<RpcAction> Actions { get; init; }

    /// <summary>Empty: every role.</summary>
    public ImmutableArray<ScoutRole> Roles { get; init; } = [];

    /// <summary>Globs; empty: every caller.</summary>
    public ImmutableArray<string> Callers { get; init; } = [];

    /// <summary>Globs of callers for whom the rule does not exist.</summary>
    public ImmutableArray<string> ExceptCallers { get; init; } = [];

    /// <summary>Globs; empty: every machine.</summary>
    public ImmutableArray<string> Machines { get; init; } = [];

    /// <summary>Label to glob, all must hold.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Globs, of action <c>transition</c>; empty: every transition.</summary>
    public ImmutableArray<string> Transitions { get; init; } = [];

    /// <summary><c>local node group all</c>; empty: however it was addressed.</summary>
    public ImmutableArray<string> Scopes { get; init; } = [];

    /// <summary>For the one who is denied.</summary>
    public string? Reason { get; init; }

    /// <summary>What it denies with.</summary>
    public string Words => Reason is null ? $"policy rule {Number}" : $"{Reason} (policy rule {Number})";

    /// <summary>It says something about some machines only.</summary>
    public bool IsAboutMachines => Machines.Length > 0 || Labels.Count > 0;

    /// <summary>Everything but the machine fits.</summary>
    public bool FitsRequest(PolicyQuestion question) =>
        Actions.Contains(question.Action)
        && (Roles.IsEmpty || Roles.Contains(question.Role))
        && (Scopes.IsEmpty || Scopes.Contains(question.Scope))
        && (Callers.IsEmpty || Any(Callers, question.Caller))
        && !Any(ExceptCallers, question.Caller)
        && (Transitions.IsEmpty || (question.Transition is { } transition && Any(Transitions, transition)));

    /// <summary>The machine fits too.</summary>
    public bool FitsMachine(string machine, IReadOnlyDictionary<string, string> labels)
    {
        if (Machines.Length > 0 && !Any(Machines, machine)) return false;
        foreach ((string key, string pattern) in Labels)
        {
            if (!labels.TryGetValue(key, out string? value) || !Glob.Matches(pattern, value)) return false;
        }

        return true;
    }

    private static bool Any(ImmutableArray<string> patterns, string text)
    {
        foreach (string pattern in patterns)
        {
            if (Glob.Matches(pattern, text)) return true;
        }

        return false;
    }
}

/// <summary>What is asked of the policy.</summary>
internal sealed record PolicyQuestion
{
    public required RpcAction Action { get; init; }

    public required ScoutRole Role { get; init; }

    public required string Caller { get; init; }

    /// <summary><c>local node group all</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>Of action <c>transition</c>.</summary>
    public string? Transition { get; init; }
}
