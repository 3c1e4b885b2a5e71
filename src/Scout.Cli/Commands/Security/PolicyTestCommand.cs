using System.Collections.Immutable;
using System.CommandLine;
using System.Runtime.CompilerServices;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Protocol;
using Scout.Protocol.Security.Roles;
using Scout.Server.Security.Policy;

namespace Scout.Cli.Commands.Security;

/// <summary><c>scout policy test</c>.</summary>
internal sealed class PolicyTestCommand : ScoutCommand
{
    private static readonly string[] Roles = [.. Enum.GetValues<ScoutRole>().Where(role => Enum.GetValues<RpcAction>().Any(action => RoleTemplates.MayAsk(role, action))).Select(RoleNames.Word)];
    private static readonly string[] Actions = [.. Enum.GetValues<RpcAction>().Where(action => !RpcActions.IsLocalOnly(action)).Select(RpcActions.Name)];

    private readonly ChoiceOption role = new("--role", [], Roles) { HelpName = "ROLE", Description = "Who asks" };
    private readonly ChoiceOption action = new("--action", [], Actions) { HelpName = "ACTION", Description = "What for" };
    private readonly Option<string> caller = new("--caller") { HelpName = "NAME", Description = "By name (somebody)" };
    private readonly Option<string> machine = new("--machine") { HelpName = "NAME", Description = "About this machine" };
    private readonly Option<string[]> label = new("--label", "-l") { HelpName = "KEY=VALUE", Description = "The machine has this label (again: and)", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    private readonly Option<string> transition = new("--transition") { HelpName = "NAME", Description = "Of action transition: which" };
    private readonly ChoiceOption scope = new("--scope", [], ["node", "group", "all", "local"]) { HelpName = "SCOPE", Description = "How it is addressed (node)" };
    private readonly Option<string> file = new("--file") { HelpName = "FILE", Description = "The policy (/etc/scout/policy.yaml, else the built-in rules)" };

    public PolicyTestCommand()
        : base("test", "Ask a policy who may do what; no broker and no node is asked")
    {
        foreach (Option option in (Option[])[role, action, caller, machine, label, transition, scope, file]) Add(option);
        Notes = "Exit 0: allowed. 1: denied. 2: the policy is not good.";
        Examples = [new("scout policy test --role operator --action transition --machine pay_api", "may an operator move pay_api?")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string who = role.One(context) ?? throw CliException.Usage("--role is missing", "one of " + string.Join(", ", Roles));
        string what = action.One(context) ?? throw CliException.Usage("--action is missing", "one of " + string.Join(", ", Actions));
        return Task.FromResult(Ask(context, who, what));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int Ask(CommandContext context, string who, string what)
    {
        string? about = context.Get(machine);
        if (about is not null && !Names.IsMachine(about)) throw CliException.Usage($"--machine: '{about}' is no name of a machine", "a name, without the node");
        var question = new PolicyCase
        {
            Role = Enum.GetValues<ScoutRole>().First(one => RoleNames.Word(one) == who),
            Action = Enum.GetValues<RpcAction>().First(one => RpcActions.Name(one) == what),
            Caller = context.Get(caller) ?? "somebody",
            Scope = scope.One(context) ?? "node",
            Machine = about,
            Labels = Labels(context.Get(label) ?? []),
            Transition = context.Get(transition),
        };
        return PolicyHost.Test(context, context.Get(file) is { } path ? context.Path(path) : null, question);
    }

    private static ImmutableSortedDictionary<string, string> Labels(string[] texts)
    {
        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0) throw CliException.Usage($"--label: '{text}' is not KEY=VALUE", "write --label team=storage");
            labels[text[..equals]] = text[(equals + 1)..];
        }

        return labels.ToImmutable();
    }
}
