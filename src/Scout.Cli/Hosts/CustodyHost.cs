using System.Runtime.CompilerServices;
using Scout.Broker;
using Scout.Broker.Custody;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;

namespace Scout.Cli.Hosts;

/// <summary>The way to the keys of a broker's directory; not inlined, as <see cref="BrokerHost"/>.</summary>
internal static class CustodyHost
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> RunAsync(CommandContext context, string? data, Func<string, TimeProvider, CancellationToken, Task<(CustodyReport? Report, BrokerExit? Error)>> work)
    {
        (CustodyReport? report, BrokerExit? error) = await work(Root(context, data), context.Io.Time, context.Stop);
        if (report is null) throw new CliException(error!.Code, error.Message, error.Hint);
        foreach (string line in report.Done) context.Io.Out.WriteLine(Rendering.Escape.Line(line));
        foreach (string line in report.Next) context.Say("next: " + line);
        if (report.InForce || report.Waiting)
        {
            context.Say(report.Detail);
            return ExitCode.Done;
        }

        throw new CliException(ExitCode.TargetFailed, "written down, and not in force: " + report.Detail, "mend that, then send the broker SIGHUP or restart it; 'scout broker check' shows more");
    }

    /// <summary>Roles whose rights are those of another version.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static IReadOnlyList<string> Differ(CommandContext context, string? data)
    {
        (IReadOnlyList<string>? roles, BrokerExit? error) = KeyCustody.RightsThatDiffer(Root(context, data), context.Io.Time);
        return roles ?? throw new CliException(error!.Code, error.Message, error.Hint);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> ConfigAsync(CommandContext context, string? data, IReadOnlyList<string> differ, bool apply)
    {
        if (apply) return await RunAsync(context, data, KeyCustody.UpdateRightsAsync);
        foreach (string role in differ) context.Io.Out.WriteLine($"role {role}: its rights are those of another version of Scout");
        if (differ.Count == 0) context.Io.Out.WriteLine("rights of all roles are those of this version");
        else context.Say("hint: 'scout broker config --apply' brings them up to date; holders of these roles reconnect");
        return differ.Count == 0 ? ExitCode.Done : ExitCode.TargetFailed;
    }

    private static string Root(CommandContext context, string? data) => context.Path(data ?? BrokerOptions.DefaultData);
}
