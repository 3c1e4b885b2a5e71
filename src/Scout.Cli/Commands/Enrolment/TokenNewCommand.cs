using System.CommandLine;
using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Cli.Commands.Enrolment;

/// <summary><c>scout token new</c>.</summary>
internal sealed class TokenNewCommand : ScoutCommand
{
    private readonly AdminSession session = new();
    private readonly Option<string> node = new("--for") { HelpName = "NODE", Description = "Name of the node, or a pattern such as 'web-*'" };
    private readonly Option<string[]> groups = new("--group") { HelpName = "GROUP", Description = "A group the node will be in; again for more" };
    private readonly Option<string> ttl = new("--ttl") { HelpName = "T", Description = "How long the token may be used (1h, at most 30d)" };
    private readonly Option<int> uses = new("--uses") { HelpName = "N", Description = "How many nodes; for a pattern with a group. Each waits for 'scout enroll approve' unless the broker's policy says otherwise" };
    private readonly Option<bool> replace = new("--replace") { Description = "A node of this name may exist: its key is revoked when the new one comes" };

    public TokenNewCommand()
        : base("new", "Make a one-time token with which a node gets its credentials")
    {
        foreach (Option option in (Option[])[node, groups, ttl, uses, replace]) Add(option);
        session.AddTo(this);
        Notes = "The token is printed once and kept nowhere. It is a secret: who has it first becomes that node.";
        Examples =
        [
            new("scout token new --for web-17 --group web > enroll.token", "for one node; put it there as /etc/scout/enroll.token, mode 0600"),
            new("scout token new --for 'web-*' --group web --uses 20 --ttl 1d", "for an image that many nodes start from"),
        ];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        string name = context.Get(node) ?? throw CliException.Usage("for which node?", "scout token new --for web-17");
        TimeSpan life = context.Get(ttl) is { } text ? Durations.Read("--ttl", text, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(AdminRequest.MaxTtlS)) : TimeSpan.FromHours(1);
        string[] named = context.Get(groups) ?? [];
        AdminReply reply = await session.AskAsync(context, AdminAction.Token, new AdminRequest
        {
            Id = RequestIds.Next(),
            Node = name,
            Groups = named.Length == 0 ? null : [.. named],
            TtlS = (int)life.TotalSeconds,
            Uses = context.Get(uses),
            Replace = context.Get(replace),
        });
        context.Io.Out.WriteLine(reply.Token);
        context.Io.Out.Flush();
        if (reply.Tokens is { Length: > 0 } rows) context.Say($"token {rows[0].Key[..12]} for {name}, until {Ages.Local(rows[0].Expires, context.Io.Time.LocalTimeZone)}");
        return ExitCode.Done;
    }
}
