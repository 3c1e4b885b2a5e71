using Microsoft.Extensions.Logging;
using Scout.Server.Configuration;
using Scout.Server.Logging;
using Scout.Server.Metrics;

namespace Scout.Server.Life;

/// <summary><c>scout server run</c> and <c>check</c>: from flags to an exit code (server.md section 10).</summary>
public static class NodeServer
{
    /// <summary>Runs a node until it is told to stop.</summary>
    /// <param name="arguments">The flags.</param>
    /// <param name="context">The process.</param>
    /// <returns>0 stopped as asked; 1 failed while running; 2 configuration or names wrong; 3 this machine refuses.</returns>
    public static async Task<int> RunAsync(ServerArguments arguments, NodeContext context)
    {
        ServerConfiguration configuration = Read(arguments, context);
        if (configuration.Options is not { } options)
        {
            foreach (SettingFinding finding in configuration.Findings) await context.Error.WriteLineAsync(finding.ToString());
            return 2;
        }

        if (!Directory.Exists(options.Machines))
        {
            await ComplainAsync(context, $"the machine directory {options.Machines} does not exist", "make it, or give another with --machines");
            return 2;
        }

        var counters = new NodeCounters();
        using var logs = new LineLoggerFactory(context.Error, options.Log.Level, options.Log.Format, context.Time, counters.CountLogDropped);
        ILogger log = logs.CreateLogger("life");
        if (configuration.IgnoredVariables.Count > 0) LogMessages.IgnoredVariables(log, string.Join(' ', configuration.IgnoredVariables));
        var node = new RunningNode(options, context, counters, logs);
        try
        {
            await node.StartAsync();
        }
        catch (LifeException problem)
        {
            await node.DisposeAsync();
            logs.Dispose();
            await ComplainAsync(context, problem.Message, problem.Hint);
            return problem.ExitCode;
        }

        return await LiveAsync(node, options, context, log);
    }

    /// <summary>Reads everything and starts nothing; findings and rows are in the result.</summary>
    public static ServerConfiguration Read(ServerArguments arguments, NodeContext context) =>
        ServerConfiguration.Read(arguments, context.Environment, context.WorkingFolder, context.HostName);

    private static async Task<int> LiveAsync(RunningNode node, ServerOptions options, NodeContext context, ILogger log)
    {
        context.Signals.Reload = node.Reload;
        Task<string> asked = context.Signals.StopAsked;
        Task ended = await Task.WhenAny(asked, node.Failed);
        if (ended == node.Failed) return 1;
        LogMessages.Stopping(log, await asked);
        Task stopping = node.StopAsync();
        using var over = new CancellationTokenSource();
        Task limit = Task.Delay(options.StopTimeout, context.Time, over.Token);
        Task first = await Task.WhenAny(stopping, limit, context.Signals.KillAsked);
        if (first == limit) LogMessages.StopTimedOut(log, (int)options.StopTimeout.TotalSeconds);
        if (first != stopping) return 1;
        await over.CancelAsync();
        await stopping;
        LogMessages.Stopped(log);
        return 0;
    }

    private static async Task ComplainAsync(NodeContext context, string message, string hint)
    {
        await context.Error.WriteLineAsync($"scout: error: {LogLine.Escape(message)}");
        if (hint.Length > 0) await context.Error.WriteLineAsync($"hint: {LogLine.Escape(hint)}");
    }
}
