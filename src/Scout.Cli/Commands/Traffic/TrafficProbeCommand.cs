using System.CommandLine;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Traffic.Probing;

namespace Scout.Cli.Commands.Traffic;

/// <summary><c>scout traffic probe</c>: can traffic be counted here, and if not, why and what to do.</summary>
internal sealed class TrafficProbeCommand : ScoutCommand
{
    private readonly Option<string> root = new("--cgroup-root") { HelpName = "DIR", Description = "The cgroup of the pods (sought)" };
    private readonly Option<bool> json = new("--json") { Description = "Print JSON" };

    public TrafficProbeCommand()
        : base("probe", "Whether traffic can be counted here, step by step")
    {
        Add(root);
        Add(json);
        Notes = "Loads the real programs, counts a packet, attaches and detaches; nothing stays behind. Exit 0 when it can run, 1 when it cannot.";
        Examples = [new("scout traffic probe", "all steps, with what to do where one fails")];
    }

    public override Task<int> RunAsync(CommandContext context)
    {
        TrafficProbeReport report = TrafficProbe.Run(context.Get(root) is { } given ? context.Path(given) : null, context.Io.Time);
        if (context.Get(json)) context.Io.Out.WriteLine(Json(report));
        else Print(context, report);
        return Task.FromResult(report.IsOk ? ExitCode.Done : ExitCode.TargetFailed);
    }

    private static void Print(CommandContext context, TrafficProbeReport report)
    {
        int width = report.Steps.Max(step => step.Name.Length);
        foreach (ProbeStep step in report.Steps)
        {
            string[] lines = step.Text.Split('\n');
            context.Io.Out.WriteLine(Escape.Line($"{step.Name.PadRight(width)}  {Word(step.Outcome),-7}  {lines[0]}"));
            foreach (string line in lines.Skip(1)) context.Io.Out.WriteLine(Escape.Line($"{new string(' ', width + 11)}{line}"));
            if (step.Advice.Length > 0) context.Io.Out.WriteLine(Escape.Line($"{new string(' ', width + 11)}{step.Advice}"));
        }

        context.Io.Out.WriteLine(report.IsOk ? "traffic can be counted here" : "traffic cannot be counted here");
    }

    private static string Json(TrafficProbeReport report) => JsonText.Render(
        writer =>
        {
            writer.WriteStartObject();
            writer.WriteBoolean("ok", report.IsOk);
            writer.WriteString("reason", report.Reason);
            writer.WriteStartArray("steps");
            foreach (ProbeStep step in report.Steps)
            {
                writer.WriteStartObject();
                writer.WriteString("name", step.Name);
                writer.WriteString("outcome", Word(step.Outcome));
                writer.WriteString("text", step.Text);
                writer.WriteString("advice", step.Advice);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        },
        indented: true);

    private static string Word(ProbeOutcome outcome) => outcome switch
    {
        ProbeOutcome.Ok => "ok",
        ProbeOutcome.Note => "note",
        ProbeOutcome.Failed => "failed",
        _ => "skipped",
    };
}
