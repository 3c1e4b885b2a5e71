using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Protocol.Security.Roles;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker roles</c>.</summary>
internal sealed class BrokerRolesCommand : ScoutCommand
{
    private readonly ChoiceOption format = new("--format", [], ["table", "nsc", "json"]) { HelpName = "FORMAT", Description = "table, nsc (commands that make the signing keys) or json (table)" };
    private readonly ChoiceOption role = new("--role", [], [.. RoleTemplates.All.Select(static one => RoleNames.Word(one.Role))]) { HelpName = "ROLE", Description = "Only this one; again for more" };
    private readonly Option<string> fleet = new("--account") { HelpName = "NAME", Description = "With nsc: account of the fleet (SCOUT)" };
    private readonly Option<string> provision = new("--provision-account") { HelpName = "NAME", Description = "With nsc: account of those who are not enrolled yet (SCOUT_PROVISION)" };

    public BrokerRolesCommand()
        : base("roles", "Tell what each role may publish and subscribe to, for the tools of a broker that is not ours")
    {
        foreach (Option option in (Option[])[format, role, fleet, provision]) Add(option);
        Notes = "{{name()}} is the user's name, {{subject()}} its public key, {{tag(group)}} each of its tags 'group:...'; a scoped signing key gives its users exactly this.";
        Examples =
        [
            new("scout broker roles", "the table"),
            new("scout broker roles --format nsc --role node --role viewer --account MONITORING", "commands for nsc, to be read and run by the owner of the account"),
            new("scout doctor --creds web1.creds --role node", "afterwards: tries every right"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string[] wanted = [.. role.All(context)];
        RoleTemplate[] roles = [.. RoleTemplates.All.Where(one => wanted.Length == 0 || wanted.Contains(RoleNames.Word(one.Role)))];
        switch (format.One(context))
        {
            case "nsc":
                foreach (RoleTemplate one in roles)
                {
                    string account = one.Account == AccountKind.Fleet ? context.Get(fleet) ?? "SCOUT" : context.Get(provision) ?? "SCOUT_PROVISION";
                    context.Io.Out.WriteLine(Escape.Line(RoleSheet.Nsc(one, account)));
                }

                break;
            case "json":
                context.Io.Out.WriteLine(JsonText.Render(
                    writer =>
                    {
                        writer.WriteStartArray();
                        foreach (RoleTemplate one in roles) RoleSheet.Write(writer, one);
                        writer.WriteEndArray();
                    },
                    indented: true));
                break;
            default:
                var table = new RowWriter<RoleRight>(context.Io, RoleRight.View, OutputFormat.Table);
                table.AddRange([.. roles.SelectMany(RoleRight.Of)]);
                table.End();
                break;
        }

        return Task.FromResult(ExitCode.Done);
    }
}
