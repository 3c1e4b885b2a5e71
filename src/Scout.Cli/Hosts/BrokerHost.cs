using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Scout.Broker;
using Scout.Broker.Checks;
using Scout.Broker.Initialising;
using Scout.Checks.Execution;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;

namespace Scout.Cli.Hosts;

/// <summary>The way into the broker's room. Its methods are not inlined, so that the commands that only ask never load a web server.</summary>
internal static class BrokerHost
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> RunAsync(CommandContext context, BrokerOptions options, string? logLevel, string? logFormat)
    {
        using ILoggerFactory logs = DaemonLogs.Make(context, logLevel, logFormat);
        CoreFiles.Forbid();
        BrokerExit exit = await BrokerService.RunAsync(options, logs, context.Io.Time, context.Stop);
        return exit.Message.Length == 0 ? exit.Code : throw new CliException(exit.Code, exit.Message, exit.Hint);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<IReadOnlyList<Views.CheckLine>> CheckAsync(CommandContext context, BrokerOptions options)
    {
        IReadOnlyList<BrokerCheckRow> rows = await BrokerCheck.RunAsync(options, context.Io.Time, context.Stop);
        return [.. rows.Select(row => new Views.CheckLine(row.Check, row.Ok, row.Detail, row.Hint))];
    }

    /// <summary>Looks at a broker from outside.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<IReadOnlyList<Views.CheckLine>> DoctorAsync(CommandContext context, Broker.Rights.DoctorOptions options)
    {
        (IReadOnlyList<BrokerCheckRow> rows, BrokerExit? error) = await Broker.Rights.BrokerDoctor.RunAsync(options, context.Io.Time, context.Stop);
        if (error is not null) throw new CliException(error.Code, error.Message, error.Hint);
        return [.. rows.Select(row => new Views.CheckLine(row.Check, row.Ok, row.Detail, row.Hint))];
    }

    /// <summary>Sets a broker up and says what to keep and what to type next.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> InitAsync(CommandContext context, InitOptions options)
    {
        (InitReport? report, BrokerExit? error) = await BrokerInit.RunAsync(options, context.Io.Time, context.Stop);
        if (report is null) throw new CliException(error!.Code, error.Message, error.Hint);
        TextWriter output = context.Io.Out;
        int made = report.Steps.Count(static step => step.Made);
        foreach (InitStep step in report.Steps) output.WriteLine($"{(step.Made ? "made" : "kept")}  {Rendering.Escape.Line(step.Path)}  ({Rendering.Escape.Line(step.What)})");
        output.WriteLine();
        output.WriteLine(made == report.Steps.Count ? $"The broker is set up in {options.Root}." : $"The broker in {options.Root} is complete: {made} files made, the others were there.");
        foreach (string remark in report.Remarks) output.WriteLine("Note: " + Rendering.Escape.Line(remark));
        output.WriteLine();
        output.WriteLine("Back up now, encrypted, away from this machine:");
        foreach ((string path, string why) in report.BackUp) output.WriteLine($"  {Rendering.Escape.Line(path)}  ({why})");
        output.WriteLine();
        output.WriteLine("Next:");
        foreach ((string line, string what) in report.Next) output.WriteLine($"  {Rendering.Escape.Line(line)}  # {what}");
        return ExitCode.Done;
    }
}
