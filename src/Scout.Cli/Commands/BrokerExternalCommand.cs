using System.CommandLine;
using Scout.Broker.External;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Protocol.Security.Roles;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker external</c>.</summary>
internal sealed class BrokerExternalCommand : ScoutCommand
{
    private readonly Argument<string> directory = new("DIR") { Description = "The broker's directory (/var/lib/scout-broker)", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string[]> url = new("--url") { HelpName = "URL", Description = "Where the cluster is, tls://HOST:PORT; again for more", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> creds = new("--creds") { HelpName = "FILE", Description = "Login that the owner made: of role broker, or admin with --manage-streams yes" };
    private readonly Option<string> ca = new("--ca") { HelpName = "FILE", Description = "What the cluster's certificates hang on (in the creds file, else the machine's)" };
    private readonly Option<string> inbox = new("--inbox-prefix") { HelpName = "SUBJECT", Description = "Where this login hears answers (_INBOX.KEY)" };
    private readonly Option<string> domain = new("--js-domain") { HelpName = "NAME", Description = "Domain of JetStream (the account's own)" };
    private readonly ChoiceOption streams = new("--manage-streams", [], ["yes", "check", "no"]) { HelpName = "WHAT", Description = "yes: make and mend them; check: compare; no: leave them (check)" };
    private readonly Option<int> replicas = new("--replicas") { HelpName = "N", Description = "Copies of each stream, 1, 3 or 5 (1)" };
    private readonly Option<string> fleet = new("--fleet") { HelpName = "A...", Description = "Public key of the account in which Scout lives" };
    private readonly Option<string> provision = new("--provision") { HelpName = "A...", Description = "Public key of the account of those who are not enrolled yet" };
    private readonly Option<string[]> key = new("--key") { HelpName = "ROLE=KEY", Description = "Signing key of a role: public (A...), or a file with its seed; again for more", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string[]> login = new("--login") { HelpName = "ROLE=FILE", Description = "Creds file for a service, as in provisioner=FILE; again for more", Arity = ArgumentArity.OneOrMore };

    public BrokerExternalCommand()
        : base("external", "Set a directory up for a broker that is not ours: where it is, our login, imported keys")
    {
        Add(directory);
        foreach (Option option in (Option[])[url, creds, ca, inbox, domain, streams, replicas, fleet, provision, key, login]) Add(option);
        Notes = "With seeds of the roles node, enroll and recover, logins of provisioner and provisioner-enrol, and --ca, nodes enrol. Without, each gets a creds file from the owner. Called again, it takes over what is new.";
        Examples =
        [
            new("scout broker external ./broker --url tls://cluster.example.org:4222 --creds broker.creds", "streams are compared, faults of the mesh named"),
            new("scout broker run --data ./broker", "afterwards"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string? File(Option<string> option) => context.Get(option) is { } path ? context.Path(path) : null;
        return AttachedHost.ExternalAsync(context, new ExternalOptions
        {
            Root = context.Path(context.Get(directory) ?? Broker.BrokerOptions.DefaultData),
            Urls = context.Get(url) ?? [],
            Creds = File(creds) ?? throw CliException.Usage("--creds is missing", "the file that the owner of the cluster made"),
            Ca = File(ca),
            InboxPrefix = context.Get(inbox),
            JsDomain = context.Get(domain),
            ManageStreams = streams.One(context) switch { "yes" => ManageStreams.Yes, "no" => ManageStreams.No, _ => ManageStreams.Check },
            Replicas = context.Given(replicas) ? context.Get(replicas) : 1,
            Fleet = context.Get(fleet),
            Provision = context.Get(provision),
            Keys = [.. Pairs(context.Get(key), "--key").Select(one => (one.Role, one.Value.StartsWith('A') && one.Value.Length == 56 ? one.Value : context.Path(one.Value)))],
            Logins = [.. Pairs(context.Get(login), "--login").Select(one => (one.Role, context.Path(one.Value)))],
        });
    }

    private static IEnumerable<(ScoutRole Role, string Value)> Pairs(string[]? given, string flag)
    {
        foreach (string one in given ?? [])
        {
            string[] parts = one.Split('=', 2);
            if (parts.Length != 2 || !RoleNames.TryParse(parts[0], out ScoutRole role)) throw CliException.Usage($"{flag}: '{one}' is not ROLE=VALUE", "with one of " + string.Join(", ", RoleTemplates.All.Select(static each => RoleNames.Word(each.Role))));
            yield return (role, parts[1]);
        }
    }
}
