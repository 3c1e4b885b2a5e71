using System.Collections.Immutable;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;
using Scout.Server.Configuration;

namespace Scout.Server.Security.Policy;

/// <summary>Asks a policy without a node: <c>scout policy test</c> and <c>check</c>.</summary>
public sealed class PolicyTrial
{
    private readonly PolicyRules? rules;

    private PolicyTrial(PolicyRules? rules, IReadOnlyList<SettingFinding> findings, string origin)
    {
        this.rules = rules;
        Findings = findings;
        Origin = origin;
    }

    /// <summary>Path of the policy that a node reads when none is configured.</summary>
    public static string DefaultPath => PolicyFile.DefaultPath;

    /// <summary>What is wrong; empty when the policy is good.</summary>
    public IReadOnlyList<SettingFinding> Findings { get; }

    /// <summary>The file, or <c>the built-in rules</c>.</summary>
    public string Origin { get; }

    /// <summary>How many rules there are.</summary>
    public int Rules => rules?.Rules.Length ?? 0;

    /// <summary>Reads a policy as a node would: the default file may be absent, then the built-in rules hold.</summary>
    /// <param name="path">Null: the default file.</param>
    public static PolicyTrial Read(string? path)
    {
        if (path is null && !File.Exists(PolicyFile.DefaultPath)) return new PolicyTrial(PolicyRules.Default, [], "the built-in rules");
        var findings = new List<SettingFinding>();
        return new PolicyTrial(PolicyFile.Read(path ?? PolicyFile.DefaultPath, findings), findings, path ?? PolicyFile.DefaultPath);
    }

    /// <summary>Null when it is allowed; else why not.</summary>
    /// <param name="question">Who wants what.</param>
    public string? Refuses(PolicyCase question)
    {
        var asked = new PolicyQuestion { Action = question.Action, Role = question.Role, Caller = question.Caller, Scope = question.Scope, Transition = question.Transition };
        PolicyRules policy = rules ?? throw new InvalidOperationException("the policy is not good");
        return policy.Refuses(asked) ?? (question.Machine is { } machine && PolicyRules.HasMachine(question.Action) ? policy.Refuses(asked, machine, question.Labels) : null);
    }
}

/// <summary>A case for a policy.</summary>
public sealed record PolicyCase
{
    public required ScoutRole Role { get; init; }

    public required RpcAction Action { get; init; }

    public string Caller { get; init; } = "somebody";

    /// <summary><c>local node group all</c>.</summary>
    public string Scope { get; init; } = "node";

    /// <summary>Null: whatever the machine.</summary>
    public string? Machine { get; init; }

    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public string? Transition { get; init; }
}
