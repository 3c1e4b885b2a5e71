using System.Runtime.CompilerServices;
using Scout.Cli.Asking;
using Scout.Cli.Commands;
using Scout.Cli.Errors;
using Scout.Cli.Grammar;
using Scout.Cli.Rendering;
using Scout.Cli.Targets;
using Scout.Cli.Views;
using Scout.Machines.Definitions;
using Scout.Server.Configuration;
using Scout.Server.Life;

namespace Scout.Cli.Hosts;

/// <summary>
/// A whole node in the foreground, in a folder that goes away with it: what is tried out runs exactly as it will run. Its events come from its own history.
/// </summary>
internal static class MachineRunHost
{
    private const string Node = "local";

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static async Task<int> RunAsync(CommandContext context, string[] paths, TimeSpan? limit, OutputFormat format)
    {
        Refuse(context, paths);
        DirectoryInfo home = Directory.CreateTempSubdirectory("scout-run-");
        try
        {
            return await LiveAsync(context, home.FullName, Folder(context, paths, home.FullName), limit, format);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static void Refuse(CommandContext context, string[] paths)
    {
        IReadOnlyList<DefinitionFile> files = DefinitionFiles.Read(context, paths, out _);
        if (files.Count == 0) throw CliException.Usage($"{string.Join(' ', paths)}: there is no definition in it", "definitions are called NAME.yaml, or NAME/machine.yaml");
        if (!files.Any(file => file.HasErrors)) return;
        foreach (Finding finding in files.SelectMany(file => file.Findings)) FindingText.WriteError(context.Io, finding);
        throw CliException.Usage("nothing was run: there are errors");
    }

    // One folder is run as it is. Files are linked into a folder of their own, with what lies beside them, for plugins may be named relative to it.
    private static string Folder(CommandContext context, string[] paths, string home)
    {
        if (paths is [{ } only] && Directory.Exists(context.Path(only))) return context.Path(only);
        string folder = Directory.CreateDirectory(Path.Combine(home, "machines"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        foreach (string path in paths)
        {
            string absolute = context.Path(path);
            string beside = Directory.Exists(absolute) ? absolute : Path.GetDirectoryName(absolute)!;
            foreach (string entry in Directory.EnumerateFileSystemEntries(beside))
            {
                bool definition = DefinitionPaths.IsDefinition(Path.GetFileName(entry)) && entry != absolute && beside != absolute;
                string link = Path.Combine(folder, Path.GetFileName(entry));
                if (!definition && !Path.Exists(link)) File.CreateSymbolicLink(link, entry);
            }
        }

        return folder;
    }

    private static async Task<int> LiveAsync(CommandContext context, string home, string machines, TimeSpan? limit, OutputFormat format)
    {
        string config = Path.Combine(home, "server.yaml");
        await File.WriteAllTextAsync(config, "events: { default: all }\n");
        File.SetUnixFileMode(config, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var signals = new NodeSignals();
        var ready = new TaskCompletionSource<NodeReady>(TaskCreationOptions.RunContinuationsAsynchronously);
        var node = new NodeContext
        {
            Error = context.Io.Error,
            Environment = new Dictionary<string, string>(),
            WorkingFolder = home,
            Time = context.Io.Time,
            Signals = signals,
            Ready = told => ready.TrySetResult(told),
        };
        var arguments = new ServerArguments { Config = config, Node = Node, Machines = machines, Data = Path.Combine(home, "data"), Http = "off", LogLevel = "warning" };
        Task<int> running = NodeServer.RunAsync(arguments, node);
        if (await Task.WhenAny(ready.Task, running) == running) return await running;
        NodeReady up = await ready.Task;
        context.Io.Error.WriteLine($"{up.Machines} machines run; Ctrl-C ends them");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.Stop);
        using CancellationTokenSource? timer = limit is { } length ? new CancellationTokenSource(length, context.Io.Time) : null;
        await using CancellationTokenRegistration link = (timer?.Token ?? CancellationToken.None).Register(over.Cancel);
        try
        {
            await PrintAsync(context, up.Socket!, format, over.Token);
        }
        finally
        {
            signals.Stop("SIGINT");
            await running;
        }

        return up.Refused > 0 ? ExitCode.TargetFailed : ExitCode.Done;
    }

    private static async Task PrintAsync(CommandContext context, string socket, OutputFormat format, CancellationToken stop)
    {
        var writer = new RowWriter<EventRow>(context.Io, EventRow.View, format, streaming: true);
        try
        {
            await using SocketClient client = await SocketClient.ConnectAsync(socket, context.Io.Time, TimeSpan.FromSeconds(5), stop);
            await foreach (EventRow row in client.EventsAsync(new EventQuery { Selection = new Selection(), Follow = true }, stop)) writer.Add(row);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C and --for are how it ends.
        }
        finally
        {
            writer.End();
        }
    }
}
