using System.CommandLine;
using Scout.Broker.Credentials;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;
using Scout.Cli.Views;

namespace Scout.Cli.Commands.Credentials;

/// <summary><c>scout creds show</c>.</summary>
internal sealed class CredsShowCommand : ScoutCommand
{
    private readonly Argument<string> file = new("FILE") { Description = "A creds file" };
    private readonly OutputOption output = new();

    public CredsShowCommand()
        : base("show", "Tell whose credentials a file holds, and until when; never the seed")
    {
        Add(file);
        output.AddTo(this);
        Notes = "Exit 1: they have expired. Exit 3: the file cannot be used.";
        Examples = [new("scout creds show bob.creds -o wide", "with groups and addresses")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        OutputFormat format = output.Read(context);
        CredsFile found = CredentialHost.Show(context.Path(context.Get(file)!));
        var writer = new RowWriter<CredsFile>(context.Io, CredsRow.View, format);
        writer.Add(found);
        writer.End();
        if (found.Expires is not { } end || end > context.Io.Time.GetUtcNow()) return Task.FromResult(ExitCode.Done);
        context.Say($"{found.Path}: expired");
        return Task.FromResult(ExitCode.TargetFailed);
    }
}
