using Scout.Cli.Asking;
using Scout.Cli.Grammar;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Protocol.Rpc;

namespace Scout.Cli.Fleets;

/// <summary>Does something to machines: finds them, asks the person, asks the nodes, accounts for each machine.</summary>
internal static class Effects
{
    /// <summary>Finds what is meant and has it confirmed; empty when nothing matches.</summary>
    /// <param name="fleet">The nodes.</param>
    /// <param name="context">The call.</param>
    /// <param name="selection">What is meant.</param>
    /// <param name="verb">What will be done, for the question.</param>
    /// <param name="yes">The answer was given beforehand.</param>
    /// <param name="concerned">Of those that match, those to be done; null: all of them.</param>
    public static async Task<IReadOnlyList<StatusRow>> ConfirmAsync(
        FleetView fleet, CommandContext context, Selection selection, string verb, bool yes, Func<IReadOnlyList<StatusRow>, IReadOnlyList<StatusRow>>? concerned = null)
    {
        IReadOnlyList<StatusRow> rows = await fleet.MachinesAsync(selection);
        if (concerned is not null) rows = concerned(rows);
        int nodes = rows.Select(row => row.Node).Distinct(StringComparer.Ordinal).Count();
        Confirmation.Require(context, verb, rows.Count, nodes, selection.Limit, yes);
        return rows;
    }

    /// <summary>Asks in portions small enough for a reply, and gives each machine its result.</summary>
    /// <param name="fleet">The nodes.</param>
    /// <param name="rows">The machines.</param>
    /// <param name="portion">At most so many in one request.</param>
    /// <param name="wait">How long a reply may take.</param>
    /// <param name="args">From exact names to a request.</param>
    public static async Task<IReadOnlyList<MachineOutcome>> AskAsync(FleetView fleet, IReadOnlyList<StatusRow> rows, int portion, TimeSpan wait, Func<string[], RpcArgs> args)
    {
        var portions = new List<(string Node, string[] Machines)>();
        foreach (IGrouping<string, StatusRow> node in rows.GroupBy(row => row.Node, StringComparer.Ordinal))
        {
            portions.AddRange(node.Select(row => row.Machine).Chunk(portion).Select(machines => (node.Key, machines)));
        }

        IReadOnlyList<NodeAnswer> answers = await fleet.AskAsync([.. portions.Select(part => new Question(part.Node, fleet.Request(args(part.Machines))))], wait);
        var outcomes = new List<MachineOutcome>();
        for (int i = 0; i < portions.Count; i++)
        {
            NodeAnswer answer = answers[i];
            fleet.Report.Note(answer, wait);
            if (!answer.Came) continue;
            foreach (string machine in portions[i].Machines) outcomes.Add(Outcome(answer, machine));
        }

        foreach (MachineOutcome outcome in outcomes.Where(outcome => outcome.Code != RpcCode.Ok)) fleet.Report.TargetFailed();
        return outcomes;
    }

    private static MachineOutcome Outcome(NodeAnswer answer, string machine)
    {
        RpcReply reply = answer.Reply!;
        RpcResult? result = reply.Results.FirstOrDefault(one => one.Machine == machine);
        if (result is not null) return new MachineOutcome(answer.Node, machine, result.Code, result.Message, result);
        if (reply.Truncated > 0) return new MachineOutcome(answer.Node, machine, RpcCode.Pending, "done or not: the reply was cut; see scout status", null);
        RpcCode code = reply.Code is RpcCode.Ok or RpcCode.Partial ? RpcCode.NotFound : reply.Code;
        return new MachineOutcome(answer.Node, machine, code, reply.Message, null);
    }
}

/// <summary>What became of one machine.</summary>
internal sealed record MachineOutcome(string Node, string Machine, RpcCode Code, string? Message, RpcResult? Result);
