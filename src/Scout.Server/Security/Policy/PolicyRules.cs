using System.Collections.Immutable;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;

namespace Scout.Server.Security.Policy;

/// <summary>
/// A policy: any <c>deny</c> that fits wins, otherwise one <c>allow</c> is needed; nobody gets more than the template of his role (security.md 8). Pure.
/// </summary>
internal sealed class PolicyRules(ImmutableArray<PolicyRule> rules)
{
    private static readonly RpcAction[] Reads = [RpcAction.Ping, RpcAction.Machines, RpcAction.Machine, RpcAction.Facts, RpcAction.Mesh];
    private static readonly RpcAction[] Effects = [RpcAction.Check, RpcAction.Maintenance, RpcAction.Resume, RpcAction.Acknowledge, RpcAction.Probe];

    /// <summary>What holds without a file.</summary>
    public static PolicyRules Default { get; } = new(
    [
        new PolicyRule { Number = 1, Deny = false, Actions = [.. Reads], Roles = [ScoutRole.Viewer, ScoutRole.Operator, ScoutRole.Deployer, ScoutRole.Admin] },
        new PolicyRule { Number = 2, Deny = false, Actions = [.. Effects], Roles = [ScoutRole.Operator, ScoutRole.Admin] },
        new PolicyRule { Number = 3, Deny = false, Actions = [RpcAction.Transition], Roles = [ScoutRole.Operator, ScoutRole.Admin] },
        new PolicyRule { Number = 4, Deny = false, Actions = [RpcAction.Probe], Roles = [ScoutRole.Broker] },
    ]);

    public ImmutableArray<PolicyRule> Rules => rules;

    /// <summary>Actions that are about machines, one by one.</summary>
    public static bool HasMachine(RpcAction action) => action is RpcAction.Machine || RpcActions.IsEffect(action);

    /// <summary>
    /// Why the request is denied before any machine is looked at, or null. Rules about some machines deny nothing here, and allow: each machine is asked about
    /// with <see cref="Refuses(PolicyQuestion, string, IReadOnlyDictionary{string, string})"/>.
    /// </summary>
    public string? Refuses(PolicyQuestion question) => Decide(question, null, null);

    /// <summary>Why it is denied for this machine, or null.</summary>
    public string? Refuses(PolicyQuestion question, string machine, IReadOnlyDictionary<string, string> labels) => Decide(question, machine, labels);

    private string? Decide(PolicyQuestion question, string? machine, IReadOnlyDictionary<string, string>? labels)
    {
        // The local socket alone has it, and who may open the socket is an admin there.
        if (question.Action == RpcAction.History) return null;
        string role = RoleNames.Word(question.Role);
        if (!RoleTemplates.MayAsk(question.Role, question.Action)) return $"role {role} may not ask for '{RpcActions.Name(question.Action)}'";
        bool allowed = false;
        foreach (PolicyRule rule in rules)
        {
            if ((!rule.Deny && allowed) || !rule.FitsRequest(question)) continue;
            if (rule.IsAboutMachines && (machine is null ? rule.Deny : !rule.FitsMachine(machine, labels!))) continue;
            if (rule.Deny) return rule.Words;
            allowed = true;
        }

        return allowed ? null : $"no rule of the policy allows {role} '{RpcActions.Name(question.Action)}'{(machine is null ? "" : " on this machine")}";
    }
}
