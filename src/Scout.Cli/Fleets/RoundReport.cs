using Scout.Cli.Asking;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Fleets;

/// <summary>What went otherwise than wished: told on stderr after the data, and turned into the exit code.</summary>
internal sealed class RoundReport
{
    private readonly Dictionary<string, TimeSpan> waited = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeAnswer> unanswered = new(StringComparer.Ordinal);
    private readonly HashSet<string> unlisted = new(StringComparer.Ordinal);
    private readonly List<(string Line, string Hint)> lines = [];
    private readonly HashSet<string> said = new(StringComparer.Ordinal);
    private int denied;
    private int failed;

    /// <summary>Requests are signed: then silence may be an answer.</summary>
    public bool Signed { get; init; }

    /// <summary>Nodes that were asked and did not answer, by name.</summary>
    public IReadOnlyCollection<string> Unanswered => unanswered.Keys;

    /// <summary>A name matched nothing.</summary>
    public bool Missed { get; private set; }

    /// <param name="answer">What came of asking.</param>
    /// <param name="within">How long it was waited for.</param>
    public void Note(NodeAnswer answer, TimeSpan within)
    {
        if (!answer.Came)
        {
            unanswered[answer.Node] = answer;
            waited[answer.Node] = within;
        }
        else if (answer.Outcome == NodeOutcome.Unlisted) unlisted.Add(answer.Node);
    }

    /// <summary>True when the node did what was asked; else it is noted why not.</summary>
    public bool Take(NodeAnswer answer)
    {
        RpcReply reply = answer.Reply!;
        if (reply.Code is RpcCode.Ok or RpcCode.Partial or RpcCode.Pending or RpcCode.NotFound || reply.Results.Length > 0) return true;
        if (reply.Code is RpcCode.Denied or RpcCode.Stale) denied++;
        else failed++;
        string time = reply is { Code: RpcCode.Stale, Time: { } theirs } ? $" (the node's time is {theirs:yyyy-MM-dd HH:mm:ss}Z)" : "";
        Say($"{answer.Node}: {RpcCodes.Name(reply.Code)}{(string.IsNullOrEmpty(reply.Message) ? "" : ": " + reply.Message)}{time}", reply.Code switch
        {
            RpcCode.Busy => "try again in a moment",
            RpcCode.Denied => "the node's policy decides who may do what: scout policy test on that node; 'scout creds show FILE' tells your role",
            RpcCode.Stale => "set the clock of this machine, or of the node: timedatectl tells whether it is synchronised",
            _ => "",
        });
        return false;
    }

    /// <summary>A machine failed, was refused or is pending.</summary>
    public void TargetFailed() => failed++;

    public void UnknownNode(string name, IReadOnlyList<KnownNode> known, INodeAsker asker)
    {
        Missed = true;
        string hint = !asker.IsFleet && known.Count == 1
            ? $"{asker.Where} is the socket of {known[0].Node}; --broker asks the fleet"
            : Nearest.Find(name, known.Select(node => node.Node)) is { } near ? $"did you mean '{near}'?" : "'scout nodes' lists those that exist";
        Say($"{name}: there is no such node", hint);
    }

    public void UnknownMachine(Target target, IReadOnlyList<string> names)
    {
        Missed = true;
        string hint = Nearest.Find(target.Machine!.Text, names) is { } near ? $"did you mean '{target.Node.Text}/{near}'?" : $"'scout status {target.Node.Text}' lists those that exist";
        Say($"{target}: there is no such machine", hint);
    }

    /// <summary>The roster has nobody in it.</summary>
    public void EmptyFleet() => Say("the roster is empty: no node has come into this fleet yet", Signed
        ? "'scout token new --for NODE' makes the token with which a node comes in; 'scout enroll ls' shows who waits"
        : "start one: scout server run --node NAME --machines DIR --data DIR --broker URL");

    /// <summary>Nothing is in these states; one of them may be a state of checks that was meant otherwise.</summary>
    public void UnknownState(IReadOnlyList<string> states)
    {
        string[] known = ["OK", "WARNING", "CRITICAL", "UNKNOWN", "MAINTENANCE", "FORCE_CHECK"];
        foreach (string state in states.Where(state => !known.Contains(state, StringComparer.OrdinalIgnoreCase)))
        {
            if (Nearest.Find(state, known) is { } near) Say($"no machine is in a state '{state}'", $"did you mean --state {near}?");
        }
    }

    public void Refused(string node, string file, string? message) =>
        Say(PolicyTrouble.Is(message) ? $"{node}: {file}: {message}" : $"{node}: {file} was never good{(message is null ? "" : ": " + message)}", "");

    /// <summary>Tells all of it, and names the exit code.</summary>
    /// <param name="context">The call.</param>
    /// <param name="timeout">How long was waited.</param>
    /// <param name="rows">How many rows were shown.</param>
    /// <param name="mutating">A name that matched nothing is then a target that failed.</param>
    /// <param name="staleShown">Last words of silent nodes are among the rows.</param>
    public int Finish(CommandContext context, TimeSpan timeout, int rows, bool mutating = false, bool staleShown = false)
    {
        Tell(context, timeout, staleShown);
        if (failed > 0 || (mutating && Missed && rows > 0)) return ExitCode.TargetFailed;
        if (denied > 0) return rows > 0 ? ExitCode.TargetFailed : ExitCode.NoConnection;
        if (unanswered.Count > 0) return ExitCode.NoAnswer;
        return rows == 0 ? ExitCode.NothingMatched : ExitCode.Done;
    }

    /// <summary>As <see cref="Finish"/>, where it is wanted that nobody answers.</summary>
    public int FinishForgotten(CommandContext context, TimeSpan timeout, int forgotten)
    {
        unanswered.Clear();
        Tell(context, timeout, staleShown: false);
        if (failed > 0 || (Missed && forgotten > 0)) return ExitCode.TargetFailed;
        return forgotten == 0 ? ExitCode.NothingMatched : ExitCode.Done;
    }

    private void Tell(CommandContext context, TimeSpan timeout, bool staleShown)
    {
        foreach ((string line, string hint) in lines)
        {
            context.Say("scout: " + line);
            if (hint.Length > 0) context.Say("hint: " + hint);
        }

        foreach (string node in unlisted.Order(StringComparer.Ordinal)) context.Say($"scout: {node}: answers, but is not in the roster");
        foreach (NodeAnswer answer in unanswered.Values.OrderBy(answer => answer.Node, StringComparer.Ordinal))
        {
            string why = answer.Outcome switch
            {
                NodeOutcome.NotConnected => "not connected: nobody listens under this name; its server is down, or has no line to the broker",
                NodeOutcome.Missing => "missing: the cluster runs its server, and nobody listens under this name; 'kubectl get pods -o wide' shows the pod, its log says why",
                NodeOutcome.Contradictory => "contradictory: two servers answer under this name; look for a copied --node or data directory",
                _ when answer.Problem is { } problem => $"no valid answer: {problem}",
                _ => $"silent: connected, and no answer within {Ages.Took(waited.GetValueOrDefault(answer.Node, timeout))}",
            };
            context.Say($"scout: {answer.Node}: {why}");
        }

        if (Signed && unanswered.Values.Any(answer => answer is { Outcome: NodeOutcome.Silent, Problem: null }))
        {
            context.Say("hint: a node answers nobody it does not believe: credentials revoked, of another fleet or of a replaced role key, or a node that has no trust document yet");
        }

        if (staleShown && unanswered.Count > 0) context.Say("hint: rows marked 'stale' are the last words of nodes that did not answer");
    }

    private void Say(string line, string hint)
    {
        if (said.Add(line)) lines.Add((line, hint));
    }
}
