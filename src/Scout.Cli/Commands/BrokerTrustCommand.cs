using System.CommandLine;
using Scout.Broker.Credentials;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Protocol.Security.Roles;
using Scout.Protocol.Security.Trust;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker trust</c>.</summary>
internal sealed class BrokerTrustCommand : ScoutCommand
{
    private readonly Option<string> fleet = new("--fleet") { HelpName = "A...", Description = "Public key of the account in which Scout lives" };
    private readonly Option<string[]> role = new("--role") { HelpName = "ROLE=A...", Description = "A role and its public signing key; again for more", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> key = new("--key") { HelpName = "FILE", Description = "The key that signs, made when it is missing (trust.nk here)" };
    private readonly Option<string> file = new("--out") { HelpName = "FILE", Description = "Where to write (trust.json here)" };

    public BrokerTrustCommand()
        : base("trust", "Write down whom nodes believe at a broker that is not ours: the public signing keys of the roles")
    {
        foreach (Option option in (Option[])[fleet, role, key, file]) Add(option);
        Notes = "Nodes get the file as 'broker.trust' with 'broker.mode: external' and answer signed requests of these roles. Written again, its serial is one higher; keep the key file.";
        Examples = [new("scout broker trust --fleet ACC4T5... --role viewer=ABQ7... --role operator=AD3K...", "from the keys that 'nsc describe account' lists")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        var roles = new List<(ScoutRole, string)>();
        foreach (string one in context.Get(role) ?? [])
        {
            string[] parts = one.Split('=', 2);
            if (parts.Length != 2 || !RoleNames.TryParse(parts[0], out ScoutRole what)) throw CliException.Usage($"--role: '{one}' is not ROLE=KEY", "as in viewer=ABQ7..., with one of " + string.Join(", ", RoleTemplates.All.Select(static each => RoleNames.Word(each.Role))));
            roles.Add((what, parts[1]));
        }

        if (roles.Count == 0) throw CliException.Usage("--role is missing", "name at least one role and its public signing key");
        TrustDocument made = CredentialHost.Trust(context, new ExternalTrustOptions
        {
            Fleet = context.Get(fleet) ?? throw CliException.Usage("--fleet is missing", "the public key of the account"),
            Roles = roles,
            KeyFile = context.Path(context.Get(key) ?? "trust.nk"),
            File = context.Path(context.Get(file) ?? "trust.json"),
        });
        context.Io.Out.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"serial {made.Serial}, {made.Roles.Count} roles, signed by {made.Key}"));
        return Task.FromResult(ExitCode.Done);
    }
}
