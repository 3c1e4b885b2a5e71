using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Nats;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Cli.Commands.Enrolment;

/// <summary><c>scout token view FILE</c>: without any broker.</summary>
internal sealed class TokenViewCommand : ScoutCommand
{
    private readonly Argument<string> file = new("FILE") { Description = "A file with a token" };

    public TokenViewCommand()
        : base("view", "Tell what is in a token: where it leads, until when; never its secret")
    {
        Add(file);
        Notes = "Exit 1: it has expired. Exit 2: it is no token. Whether it was used, the broker knows: scout token ls.";
        Examples = [new("scout token view /etc/scout/enroll.token", "why does this node not enrol?")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        string path = context.Path(context.Get(file)!);
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CliException.Usage($"{path}: {failure.Message}");
        }

        if (!EnrolmentToken.TryParse(text, out EnrolmentToken? token, out string? error)) throw CliException.Usage($"{path} holds no token: {error}", "'scout token new --for NODE' makes one");
        bool expired = token.Expires <= context.Io.Time.GetUtcNow();
        var page = new PageWriter(context.Io);
        page.Title(expired ? "token, expired" : "token", expired ? Tone.Bad : Tone.Good);
        if (NKeyPair.TryFromSeed(token.Seed, out NKeyPair? key))
        {
            using (key) page.Line("key", key.PublicKey);
        }

        page.Line("expires", $"{Ages.Local(token.Expires, context.Io.Time.LocalTimeZone)} ({(expired ? "over" : "in " + Ages.Until(token.Expires, context.Io.Time.GetUtcNow()))})");
        page.Line("brokers", string.Join(", ", token.Urls));
        page.Line("trust key", token.Trust);
        context.Io.Out.Flush();
        return Task.FromResult(expired ? ExitCode.TargetFailed : ExitCode.Done);
    }
}
