using System.Runtime.CompilerServices;
using Scout.Checks;
using Scout.Checks.Commands;
using Scout.Checks.Execution;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Views;

namespace Scout.Cli.Hosts;

/// <summary>Runs one plugin with the executor of the node.</summary>
internal static class PluginHost
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> RunAsync(CommandContext context, string[] given, TimeSpan timeout, string folder, OutputFormat format)
    {
        IReadOnlyList<string> words = Words(given);
        string node = Protocol.Names.Fold(Environment.MachineName);
        var done = new TaskCompletionSource<PluginResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        PluginResult result;
        await using (var executor = new PluginExecutor(new PluginExecutorOptions { Node = node, Time = context.Io.Time, ShutdownGrace = TimeSpan.Zero }))
        {
            var request = new PluginRequest { Words = words, Directory = folder, Environment = Variables(node), Timeout = timeout, Owner = "plugin_run" };
            IPluginRun run = executor.Start(request, null, (ended, _) => done.TrySetResult(ended));
            await using CancellationTokenRegistration cancel = context.Stop.Register(run.Cancel);
            result = await done.Task;
        }

        context.Stop.ThrowIfCancellationRequested();
        if (format == OutputFormat.Table) PluginPage.Print(context.Io, result);
        else Printed.Object(context, format, writer => PluginPage.Write(writer, result));
        return result.Reason switch
        {
            "exit" => ExitCode.Done,
            "bad_command" => ExitCode.Usage,
            _ => ExitCode.TargetFailed,
        };
    }

    private static IReadOnlyList<string> Words(string[] given)
    {
        IReadOnlyList<string> words = given;
        bool good = given is [{ } text] ? CommandLine.TrySplit(text, out words, out CommandError error) : CommandLine.TryValidate(given, out error);
        if (good) return words;
        string where = given.Length == 1 && error.Column > 0 ? $" (column {error.Column})" : "";
        throw CliException.Usage($"bad_command: {error.Message}{where}", error.Hint);
    }

    // What a check of a node would get (machines.md section 9).
    private static KeyValuePair<string, string>[] Variables(string node) =>
    [
        new("PATH", PluginExecutorOptions.SystemPath), new("LC_ALL", "C.UTF-8"), new("HOME", "/"), new("MACHINE_NAME", "plugin_run"), new("MACHINE_WATCHER_NAME", "check"),
        new("SCOUT_NODE", node), new("SCOUT_STATE", "UNKNOWN"), new("SCOUT_ATTEMPT", "1/1"),
    ];
}
