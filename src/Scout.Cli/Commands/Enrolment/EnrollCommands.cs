using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Cli.Commands.Enrolment;

/// <summary><c>scout enroll ls</c>.</summary>
internal sealed class EnrollListCommand : ScoutCommand
{
    private readonly AdminSession session = new();
    private readonly OutputOption output = new();

    public EnrollListCommand()
        : base("ls", "List who waits to be let in, and who was")
    {
        output.AddTo(this);
        session.AddTo(this);
        Examples = [new("scout enroll ls", "those who wait come first"), new("scout enroll ls -o wide", "with keys in full and what the node says of itself")];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        OutputFormat format = output.Read(context);
        AdminReply reply = await session.AskAsync(context, AdminAction.Enrolments, new AdminRequest { Id = RequestIds.Next() });
        var writer = new RowWriter<EnrolmentRow>(context.Io, EnrolmentViews.Enrolments, format);
        writer.AddRange(reply.Enrolments ?? []);
        writer.End();
        if (reply.Truncated > 0) context.Say($"scout: {reply.Truncated} more are not shown");
        return ExitCode.Done;
    }
}

/// <summary><c>scout enroll approve|deny NODE</c>.</summary>
internal sealed class EnrollAnswerCommand : ScoutCommand
{
    private readonly AdminSession session = new();
    private readonly Argument<string> node = new("NODE") { Description = "As 'scout enroll ls' shows it" };
    private readonly Option<string> key = new("--key") { HelpName = "KEY", Description = "Only when it waits with this key" };
    private readonly Option<string> reason = new("--reason") { HelpName = "TEXT", Description = "For the node's log" };
    private readonly bool approve;

    public EnrollAnswerCommand(bool approve)
        : base(approve ? "approve" : "deny", approve ? "Let a node in that waits" : "Refuse a node that waits")
    {
        this.approve = approve;
        Add(node);
        Add(key);
        if (!approve) Add(reason);
        session.AddTo(this);
        Notes = "The node asks again within ten minutes.";
        Examples = [approve ? new("scout enroll approve web-17", "after a look at its key") : new("scout enroll deny web-17 --reason 'not ours'", "it stays out")];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        var request = new AdminRequest { Id = RequestIds.Next(), Node = context.Get(node), Key = context.Get(key), Reason = approve ? null : context.Get(reason) };
        AdminReply reply = await session.AskAsync(context, approve ? AdminAction.Approve : AdminAction.Deny, request);
        context.Say(reply.Message ?? $"{request.Node}: {(approve ? "approved" : "denied")}");
        return ExitCode.Done;
    }
}
