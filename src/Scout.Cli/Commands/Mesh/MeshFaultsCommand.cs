using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Meshes;
using Scout.Cli.Rendering;
using Scout.Cli.Views.Mesh;
using Scout.Protocol.Mesh;

namespace Scout.Cli.Commands.Mesh;

/// <summary><c>scout mesh faults [--all]</c>.</summary>
internal sealed class MeshFaultsCommand : ScoutCommand
{
    private readonly MeshOptions options = new();
    private readonly Option<bool> all = new("--all") { Description = "Also those that are cleared, as far back as the broker remembers" };

    public MeshFaultsCommand()
        : base("faults", "List the faults of the mesh")
    {
        Add(all);
        options.AddTo(this);
        Notes = "FOR is how long it is open, or was. Exit: 0 none is open, 1 one is open, 3 no data, or older than 30 s.";
        Examples = [new("scout mesh faults", "what is open"), new("scout mesh faults --all -o jsonl", "the history, for a script")];
    }

    public override Task<int> RunAsync(CommandContext context) => options.Nagios.GuardAsync(context, () =>
    {
        OutputFormat format = options.Output.Read(context);
        return options.Session.RunAsync(context, async fleet =>
        {
            IMeshStore store = MeshOptions.Store(fleet);
            void Remark(string remark) => context.Say("scout: " + remark);
            MeshDocuments documents = await store.MeshAsync(Remark, context.Stop);
            MeshSummary summary = MeshFreshness.Require(documents);
            string? complaint = MeshFreshness.Complaint(summary, context.Io.Time.GetUtcNow());
            IReadOnlyList<MeshFault> open = documents.Open;
            if (options.Nagios.Given(context)) return MeshNagios.Print(context.Io, summary, open, complaint);
            IReadOnlyList<MeshFault> shown = open;
            if (context.Get(all))
            {
                var stored = (await store.FaultsAsync(Remark, context.Stop)).ToDictionary(fault => fault.Id, StringComparer.Ordinal);
                // The bucket knows more of those that are open than their last event says.
                foreach (MeshFault fault in documents.Faults) stored[fault.Id] = fault;
                shown = [.. stored.Values.OrderByDescending(fault => fault.State != MeshFaultState.Cleared).ThenByDescending(fault => fault.Since)];
            }

            MeshFaultRow.Print(context.Io, shown, format);
            if (complaint is null) return open.Count > 0 ? ExitCode.TargetFailed : ExitCode.Done;
            context.Io.Out.Flush();
            context.Say("scout: " + complaint);
            return ExitCode.NoConnection;
        });
    });
}
