using System.CommandLine;
using Scout.Broker.Credentials;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;
using Scout.Cli.Views;

namespace Scout.Cli.Commands.Credentials;

/// <summary><c>scout creds join</c>.</summary>
internal sealed class CredsJoinCommand : ScoutCommand
{
    private readonly Argument<string> signed = new("FILE") { Description = "What 'scout creds new --key' wrote" };
    private readonly Argument<string> seed = new("SEED") { Description = "What 'scout creds key' wrote" };
    private readonly Option<string> file = new("--out") { HelpName = "FILE", Description = "Where to write (~/.config/scout/scout.creds)" };
    private readonly OutputOption output = new();

    public CredsJoinCommand()
        : base("join", "Put a login that was signed for your key together with its seed")
    {
        Add(signed);
        Add(seed);
        Add(file);
        output.AddTo(this);
        Notes = "Written with mode 0600, never over anything. Without --out it goes where every command looks for credentials.";
        Examples = [new("scout creds join bob.creds bob.nk", "then 'scout status' works")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        OutputFormat format = output.Read(context);
        string to = context.Get(file) is { } given ? context.Path(given) : Default(context);
        CredsFile made = CredentialHost.Join(context.Path(context.Get(signed)!), context.Path(context.Get(seed)!), to);
        var writer = new RowWriter<CredsFile>(context.Io, CredsRow.View, format);
        writer.Add(made);
        writer.End();
        return Task.FromResult(ExitCode.Done);
    }

    private static string Default(CommandContext context)
    {
        if (context.Io.Variable("HOME") is not { } home) throw CliException.Usage("there is no home directory", "say where to: --out FILE");
        string folder = System.IO.Path.Combine(home, ".config", "scout");
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return System.IO.Path.Combine(folder, "scout.creds");
    }
}
