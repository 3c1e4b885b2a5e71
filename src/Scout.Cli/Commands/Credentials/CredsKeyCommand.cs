using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;

namespace Scout.Cli.Commands.Credentials;

/// <summary><c>scout creds key</c>.</summary>
internal sealed class CredsKeyCommand : ScoutCommand
{
    private readonly Option<string> file = new("--out") { HelpName = "FILE", Description = "Where to write the seed (scout.nk here)" };

    public CredsKeyCommand()
        : base("key", "Make a key of your own: the public half is printed, the seed stays in a file here")
    {
        Add(file);
        Notes = "Send the printed key to whoever makes credentials ('scout creds new --key'); the seed never leaves this machine.";
        Examples = [new("scout creds key --out bob.nk", "on bob's machine")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string path = context.Path(context.Get(file) ?? "scout.nk");
        context.Io.Out.WriteLine(CredentialHost.MakeKey(path));
        context.Say($"The seed is in {path}, for you alone. Send the line above to whoever makes credentials.");
        return Task.FromResult(ExitCode.Done);
    }
}
