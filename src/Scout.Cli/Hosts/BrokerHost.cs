using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Scout.Broker;
using Scout.Broker.Checks;
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
        BrokerExit exit = await BrokerService.RunAsync(options, logs, context.Io.Time, context.Stop);
        return exit.Message.Length == 0 ? exit.Code : throw new CliException(exit.Code, exit.Message, exit.Hint);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<IReadOnlyList<Views.CheckLine>> CheckAsync(CommandContext context, BrokerOptions options)
    {
        IReadOnlyList<BrokerCheckRow> rows = await BrokerCheck.RunAsync(options, context.Io.Time, context.Stop);
        return [.. rows.Select(row => new Views.CheckLine(row.Check, row.Ok, row.Detail, row.Hint))];
    }
}
