using System.CommandLine;
using Scout.Broker.Rights;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Protocol.Security.Roles;

namespace Scout.Cli.Commands;

/// <summary><c>scout doctor</c>.</summary>
internal sealed class DoctorCommand : ScoutCommand
{
    private readonly Option<string?> broker = new("--broker") { HelpName = "URL", Description = "Look at this broker (the one in the creds file)", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string> creds = new("--creds") { HelpName = "FILE", Description = "The login to try; else SCOUT_CREDS, else ~/.config/scout/scout.creds" };
    private readonly Option<string> authority = new("--ca") { HelpName = "FILE", Description = "Certificates to trust (those in the creds file)" };
    private readonly ChoiceOption role = new("--role", [], [.. RoleTemplates.All.Select(static one => RoleNames.Word(one.Role))]) { HelpName = "ROLE", Description = "Whose rights the login should have (what its file says)" };
    private readonly Option<string> inbox = new("--inbox-prefix") { HelpName = "SUBJECT", Description = "Where this login hears answers, if not where the role says" };
    private readonly Option<string> domain = new("--js-domain") { HelpName = "NAME", Description = "Domain of JetStream" };
    private readonly Option<bool> noStreams = new("--no-streams") { Description = "Leave the streams out" };
    private readonly OutputOption output = new();

    public DoctorCommand()
        : base("doctor", "Try every right of a login at a broker, and tell what is missing or too much")
    {
        foreach (Option option in (Option[])[broker, creds, authority, role, inbox, domain, noStreams]) Add(option);
        output.AddTo(this);
        Notes = "Nothing comes of what is tried: no stream stores it and no node takes it for a request; readers may count a few messages as unreadable. "
            + "Exit 0: all as the role says. 1: differences. 3: cannot connect, or refused.";
        Examples =
        [
            new("scout doctor --creds bob.creds", "has bob the rights of his role, no more and no less?"),
            new("scout doctor --broker tls://cluster.example.org:4222 --creds web1.creds --role node", "a login that the owner of a cluster made for a node"),
        ];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        OutputFormat format = output.Read(context);
        string file = Creds(context);
        string word = role.One(context) ?? CredentialHost.Show(file).Role;
        if (!RoleNames.TryParse(word, out ScoutRole what)) throw CliException.Usage($"--role is missing, and {file} does not say", "one of " + string.Join(", ", role.Values));
        IReadOnlyList<CheckLine> rows = await BrokerHost.DoctorAsync(context, new DoctorOptions
        {
            CredsFile = file,
            Role = what,
            Url = context.Get(broker),
            CaFile = context.Get(authority) is { } pem ? context.Path(pem) : null,
            InboxPrefix = context.Get(inbox),
            Domain = context.Get(domain),
            Streams = !context.Get(noStreams),
        });
        var writer = new RowWriter<CheckLine>(context.Io, CheckLine.View, format);
        writer.AddRange(rows);
        writer.End();
        foreach (CheckLine row in rows.Where(static row => !row.Ok && row.Hint.Length > 0)) context.Say($"hint: {row.Check}: {row.Hint}");
        return rows.All(static row => row.Ok) ? ExitCode.Done : ExitCode.TargetFailed;
    }

    private string Creds(CommandContext context)
    {
        if ((context.Get(creds) ?? context.Io.Variable("SCOUT_CREDS")) is { } named) return context.Path(named);
        string usual = System.IO.Path.Combine(context.Io.Variable("HOME") ?? "/", ".config", "scout", "scout.creds");
        return File.Exists(usual) ? usual : throw CliException.Usage("no credentials to try", "give --creds FILE; for a node: scout server check");
    }
}
