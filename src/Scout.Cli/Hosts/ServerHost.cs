using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Scout.Checks.Execution;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Life;

namespace Scout.Cli.Hosts;

/// <summary>The way into the server's room. Its methods are not inlined, so that the commands that only ask never load a node.</summary>
internal static class ServerHost
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> RunAsync(CommandContext context, ServerArguments arguments)
    {
        using var signals = NodeSignals.OfProcess();
        CoreFiles.Forbid();
        return await NodeServer.RunAsync(arguments, Context(context) with { Signals = signals });
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> CheckAsync(CommandContext context, ServerArguments arguments, OutputFormat format)
    {
        ServerConfiguration configuration = NodeServer.Read(arguments, Context(context));
        ImmutableArray<ClusterAnswer> cluster = configuration.Options is { } options ? await ClusterTrial.RunAsync(options, Context(context), TimeSpan.FromSeconds(15), context.Stop) : [];
        var writer = new RowWriter<SettingLine>(context.Io, SettingLine.View, format);
        writer.AddRange(configuration.Rows.Select(row => new SettingLine(row.Key, row.Value, row.Origin)));
        writer.AddRange(cluster.Select(answer => new SettingLine(answer.What, answer.Said, "asked")));
        writer.End();
        foreach (SettingFinding finding in configuration.Findings)
        {
            foreach (string line in Escape.Lines(finding.ToString())) context.Io.Error.WriteLine(line);
        }

        foreach (ClusterAnswer answer in cluster.Where(static answer => !answer.Good)) context.Say($"{answer.What}: {answer.Said}");
        if (configuration.Findings.Count > 0) return ExitCode.Usage;
        return cluster.All(static answer => answer.Good) ? ExitCode.Done : ExitCode.NoConnection;
    }

    private static NodeContext Context(CommandContext context) => new()
    {
        Error = context.Io.Error,
        Environment = context.Io.Variables(),
        WorkingFolder = context.Io.Directory,
        Time = context.Io.Time,
    };
}
