using System.CommandLine;
using Scout.Broker.Credentials;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Protocol.Security.Roles;

namespace Scout.Cli.Commands.Credentials;

/// <summary><c>scout creds new</c>.</summary>
internal sealed class CredsNewCommand : ScoutCommand
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    private readonly ChoiceOption role = new("--role", [], [.. CredentialDesk.Roles.Select(RoleNames.Word)]) { HelpName = "ROLE", Description = "What the holder may do" };
    private readonly Option<string> name = new("--name") { HelpName = "NAME", Description = "Who: it stands in every audit record" };
    private readonly Option<string> ttl = new("--ttl") { HelpName = "T", Description = "How long it is good, such as 8h (as long as the role may: 30 days for people)" };
    private readonly Option<string> key = new("--key") { HelpName = "U...", Description = "Public key of 'scout creds key' on another machine: no seed is made here" };
    private readonly Option<string[]> group = new("--group") { HelpName = "GROUP", Description = "Of a node; again for more", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> data = new("--data") { HelpName = "DIR", Description = "Directory of the broker, where the key of the role lies (/var/lib/scout-broker)" };
    private readonly Option<string> file = new("--out") { HelpName = "FILE", Description = "Where to write (NAME.creds here)" };
    private readonly OutputOption output = new();

    public CredsNewCommand()
        : base("new", "Make credentials for somebody, where the signing key of the role lies")
    {
        foreach (Option option in (Option[])[role, name, ttl, key, group, data, file]) Add(option);
        output.AddTo(this);
        Notes = "The file has mode 0600 and holds what is needed to connect: login, seed, certificate of the authority, addresses. Nothing is overwritten. Exit 3: the key of the role is not here, or it refuses.";
        Examples =
        [
            new("scout creds new --role viewer --name bob --ttl 30d", "a file for bob; take it to him on a way that nobody else reads"),
            new("scout creds new --role operator --name alice --key UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4", "for a key that alice has made herself"),
        ];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        OutputFormat format = output.Read(context);
        string who = context.Get(name) ?? throw CliException.Usage("--name is missing", "name the holder: it stands in every audit record");
        if (role.One(context) is not { } word || !RoleNames.TryParse(word, out ScoutRole what)) throw CliException.Usage("--role is missing", "one of " + string.Join(", ", role.Values));
        // Before it becomes the name of a file.
        if (RoleNames.Problem(what, who, context.Get(group) ?? []) is { } problem) throw CliException.Usage(problem);
        var options = new CredsOptions
        {
            Role = what,
            Name = who,
            Life = context.Get(ttl) is { } text ? Durations.Read("--ttl", text, Shortest, Longest) : null,
            Key = context.Get(key),
            Groups = context.Get(group) ?? [],
            File = context.Path(context.Get(file) ?? who + ".creds"),
        };
        if (context.Get(data) is { } root) options = options with { Root = context.Path(root) };
        CredsFile made = CredentialHost.Issue(context, options);
        var writer = new RowWriter<CredsFile>(context.Io, CredsRow.View, format);
        writer.Add(made);
        writer.End();
        context.Say(made.HasSeed
            ? $"{made.Path} is a secret: who has it is {made.Name}. 'scout caller revoke {made.Name}' takes it back."
            : $"{made.Path} holds no secret. Its holder puts it together with the seed: scout creds join {System.IO.Path.GetFileName(made.Path)} KEY.nk");
        return Task.FromResult(ExitCode.Done);
    }
}
