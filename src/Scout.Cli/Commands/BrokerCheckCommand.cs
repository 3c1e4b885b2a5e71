using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Hosts;
using Scout.Cli.Rendering;
using Scout.Cli.Views;

namespace Scout.Cli.Commands;

/// <summary><c>scout broker check</c>.</summary>
internal sealed class BrokerCheckCommand : ScoutCommand
{
    private readonly BrokerFlags flags = new();
    private readonly OutputOption output = new();

    public BrokerCheckCommand()
        : base("check", "Tell whether a broker could run here; of a running one, whether its streams are right")
    {
        flags.AddTo(this, logs: false);
        output.AddTo(this);
        Examples = [new("scout broker check --dev --data ./broker", "before the first run, or beside a running broker")];
    }

    public override async Task<int> RunAsync(CommandContext context)
    {
        OutputFormat format = output.Read(context);
        IReadOnlyList<CheckLine> rows = await BrokerHost.CheckAsync(context, flags.Read(context));
        var writer = new RowWriter<CheckLine>(context.Io, CheckLine.View, format);
        writer.AddRange(rows);
        writer.End();
        foreach (CheckLine row in rows.Where(row => !row.Ok && row.Hint.Length > 0)) context.Say($"hint: {row.Check}: {row.Hint}");
        return rows.All(row => row.Ok) ? ExitCode.Done : ExitCode.TargetFailed;
    }
}
