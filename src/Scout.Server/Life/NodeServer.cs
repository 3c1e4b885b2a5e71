using Microsoft.Extensions.Logging;
using Scout.Server.Configuration;
using Scout.Server.Enrolment;
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
        // It has been read; no child and no reader of /proc finds it from here on.
        EnvironmentSecret.Remove("SCOUT_ENROLL_TOKEN");
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
        using var ended = new CancellationTokenSource();
        Task givenUp = GivenUpAsync(options.StopTimeout, context, log, ended.Token);
        context.Signals.Reload = node.Reload;
        // A start may take its time (a journal of gigabytes, a disk that does not answer), and must not keep a second signal from being heard.
        Task start = Task.Run(node.StartAsync);
        if (await Task.WhenAny(start, givenUp) == givenUp) return 1;
        try
        {
            await start;
        }
        catch (LifeException problem)
        {
            await node.DisposeAsync();
            logs.Dispose();
            await ComplainAsync(context, problem.Message, problem.Hint);
            return problem.ExitCode;
        }

        int code = await LiveAsync(node, context, givenUp, log);
        await ended.CancelAsync();
        return code;
    }

    /// <summary>Reads everything and starts nothing; findings and rows are in the result.</summary>
    public static ServerConfiguration Read(ServerArguments arguments, NodeContext context) =>
        ServerConfiguration.Read(arguments, context.Environment, context.WorkingFolder, context.HostName);

    private static async Task<int> LiveAsync(RunningNode node, NodeContext context, Task givenUp, ILogger log)
    {
        Task<string> asked = context.Signals.StopAsked;
        if (await Task.WhenAny(asked, node.Failed) == node.Failed) return 1;
        LogMessages.Stopping(log, await asked);
        Task stopping = node.StopAsync();
        if (await Task.WhenAny(stopping, givenUp, node.Failed) != stopping) return 1;
        await stopping;
        LogMessages.Stopped(log);
        return 0;
    }

    // Ends at the second signal, or when the first was not obeyed in time; then the node just ends.
    private static async Task GivenUpAsync(TimeSpan limit, NodeContext context, ILogger log, CancellationToken ended)
    {
        Task<string> asked = context.Signals.StopAsked;
        await asked.WaitAsync(ended);
        Task late = Task.Delay(limit, context.Time, ended);
        if (await Task.WhenAny(late, context.Signals.KillAsked) == late)
        {
            ended.ThrowIfCancellationRequested();
            LogMessages.StopTimedOut(log, (int)limit.TotalSeconds);
        }
        else
        {
            LogMessages.StopForced(log);
        }
    }

    private static async Task ComplainAsync(NodeContext context, string message, string hint)
    {
        await context.Error.WriteLineAsync($"scout: error: {LogLine.Escape(message)}");
        if (hint.Length > 0) await context.Error.WriteLineAsync($"hint: {LogLine.Escape(hint)}");
    }
}
