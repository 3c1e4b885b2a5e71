using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Cli.Commands.Enrolment;

/// <summary><c>scout token ls</c>, and <c>scout token revoke</c>, which prints the same row.</summary>
internal sealed class TokenListCommand : ScoutCommand
{
    private readonly AdminSession session = new();
    private readonly OutputOption output = new();

    public TokenListCommand()
        : base("ls", "List tokens: for whom, until when, used by which node")
    {
        output.AddTo(this);
        session.AddTo(this);
        Examples = [new("scout token ls -o wide", "with keys in full")];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        OutputFormat format = output.Read(context);
        AdminReply reply = await session.AskAsync(context, AdminAction.Tokens, new AdminRequest { Id = RequestIds.Next() });
        var writer = new RowWriter<TokenRow>(context.Io, EnrolmentViews.Tokens, format);
        writer.AddRange(reply.Tokens ?? []);
        writer.End();
        if (reply.Truncated > 0) context.Say($"scout: {reply.Truncated} older tokens are not shown");
        return ExitCode.Done;
    }
}

/// <summary><c>scout token revoke KEY</c>.</summary>
internal sealed class TokenRevokeCommand : ScoutCommand
{
    private readonly AdminSession session = new();
    private readonly Argument<string> key = new("KEY") { Description = "The token's key, or its first characters (at least 6)" };

    public TokenRevokeCommand()
        : base("revoke", "Withdraw a token; what it enrolled already stays")
    {
        Add(key);
        session.AddTo(this);
        Examples = [new("scout token revoke UBX3K7Q2", "as 'scout token ls' shows it")];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        AdminReply reply = await session.AskAsync(context, AdminAction.Untoken, new AdminRequest { Id = RequestIds.Next(), Key = context.Get(key) });
        if (reply.Tokens is { Length: > 0 } rows) context.Say($"token {rows[0].Key[..12]} for {rows[0].For}: withdrawn");
        if (reply.Message is { } note) context.Say(note);
        return ExitCode.Done;
    }
}
