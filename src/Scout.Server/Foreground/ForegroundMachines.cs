using Microsoft.Extensions.Logging;
using Scout.Checks;
using Scout.Checks.Execution;
using Scout.Checks.Probes;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Server.Configuration;
using Scout.Server.Definitions;
using Scout.Server.Events;
using Scout.Server.Facts;
using Scout.Server.Life;
using Scout.Server.Logging;
using Scout.Server.Loop;
using Scout.Server.MachineDirectory;
using Scout.Server.Metrics;
using Scout.Server.Mesh.Checks;
using Scout.Server.Native;
using Scout.Server.Runs;
using Scout.Server.Traffic;

namespace Scout.Server.Foreground;

/// <summary>
/// Machines with the real loop and real programs, but without store, broker, socket or HTTP: <c>scout machine run</c> (machines.md 11.4).
/// </summary>
public static class ForegroundMachines
{
    /// <summary>Runs what files and folders say, and goes with them when they change, as a node does; running programs have 5 s at the end.</summary>
    /// <param name="paths">Absolute files and folders.</param>
    /// <param name="options">Node name, facts and so on.</param>
    /// <param name="ready">Told how many machines run from the start, before the first of them does.</param>
    /// <param name="told">Gets each event as it happens, on the loop: must be quick.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>False when a file was refused, at the start or meanwhile; the log says which and why.</returns>
    public static async Task<bool> RunFilesAsync(IReadOnlyList<string> paths, ForegroundOptions options, Action<int> ready, Action<ForegroundEvent> told, CancellationToken stop)
    {
        var counters = new NodeCounters();
        using var logs = new LineLoggerFactory(options.Log, LogLevel.Warning, LogFormat.Text, options.Time, counters.CountLogDropped);
        ILogger log = logs.CreateLogger("machines");
        var catalog = new DefinitionCatalog(new ChosenFiles(paths, new FileTrust([])), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        var reloads = new DefinitionReloads();
        DefinitionChange first = catalog.Read(hash: true)!;
        reloads.Take(first, log, counters, catalog);
        string root = paths.FirstOrDefault(Directory.Exists) ?? Path.GetDirectoryName(paths[0]) ?? "/";
        ready(first.Batch.Definitions.Count);
        await RunAsync(first.Batch, options, told, logs, counters, Attach, stop);
        return reloads.WithErrors == 0;

        IAsyncDisposable Attach(NodeLoop loop, NodeCore core, Action looked)
        {
            var watch = new DirectoryWatch(
                root, paths.Where(File.Exists), catalog,
                change => loop.Post(() =>
                {
                    reloads.Take(change, log, counters, catalog);
                    core.Apply(change.Batch);
                }),
                looked, error => LogMessages.LookFailed(log, root, error), options.Time, log);
            watch.Start();
            return watch;
        }
    }

    /// <summary>Runs machines until told to stop; running programs have 5 s then.</summary>
    /// <param name="definitions">What to run.</param>
    /// <param name="options">Node name, facts and so on.</param>
    /// <param name="told">Gets each event as it happens, on the loop: must be quick.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task RunAsync(IReadOnlyList<MachineDefinition> definitions, ForegroundOptions options, Action<ForegroundEvent> told, CancellationToken stop)
    {
        var counters = new NodeCounters();
        using var quiet = new LineLoggerFactory(TextWriter.Null, LogLevel.None, LogFormat.Text, options.Time, counters.CountLogDropped);
        await RunAsync(new DefinitionBatch(definitions, new Dictionary<string, string>()), options, told, quiet, counters, static (_, _, _) => new Nobody(), stop);
    }

    private static async Task RunAsync(
        DefinitionBatch batch, ForegroundOptions options, Action<ForegroundEvent> told, LineLoggerFactory logs, NodeCounters counters,
        Func<NodeLoop, NodeCore, Action, IAsyncDisposable> attach, CancellationToken stop)
    {
        TimeProvider time = options.Time;
        var trust = new FileTrust([]);
        var facts = new NodeFacts(options.Node, Product.Version, new JsonFile(options.Facts, trust, logs.CreateLogger("facts")));
        var overrides = new JsonFile(options.Overrides, trust, logs.CreateLogger("facts"));
        Look();
        var failure = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var loop = new NodeLoop(time) { Failed = error => failure.TrySetException(error) };
        var pending = new Queue<MachineEvent>();
        var journal = new MemoryJournal(time, stored => told(new ForegroundEvent(pending.Dequeue(), stored.Bytes)));
        await using IPluginExecutor executor = PluginExecutors.Create(new PluginExecutorOptions { Node = options.Node, PluginPath = options.PluginPath, Time = time });
        string folder = Directory.CreateTempSubdirectory("scout-run-").FullName;
        try
        {
            var host = new MachineHostOptions
            {
                Node = options.Node,
                Time = time,
                NewId = () => EventIds.New(time),
                TimeZone = TimeZoneInfo.Local,
                Events = EventDetail.All,
                Facts = () => facts.Value,
                Overrides = () => overrides.Value,
            };
            var runner = new RunnerOptions { Node = options.Node, Slots = ServerOptions.DefaultSlots, FilesFolder = folder, Facts = () => facts.Text };
            using var core = new NodeCore(new NodeCoreOptions(host, runner), journal, executor, loop, counters, time) { EventSeen = pending.Enqueue };
            core.Probes.Register(MeshCheckReader.Kind, new MeshLook(null, static () => null, time).LookAsync);
            core.Probes.Register(TrafficCheckReader.Kind, NoTraffic);
            loop.Start();
            await loop.AskAsync(() =>
            {
                core.Start([], batch);
                return true;
            });
            await using (attach(loop, core, Look)) await Task.WhenAny(failure.Task, Task.Delay(Timeout.InfiniteTimeSpan, time, stop));
            if (failure.Task.IsFaulted) await failure.Task;
            Task idle = await loop.AskAsync(() =>
            {
                core.Runner.Close();
                return core.Runner.WhenIdle();
            });
            await Task.WhenAny(idle, Task.Delay(TimeSpan.FromSeconds(5), time, CancellationToken.None));
            await loop.AskAsync(() =>
            {
                core.Runner.CancelAll();
                return true;
            });
        }
        finally
        {
            loop.Stop();
            Directory.Delete(folder, recursive: true);
        }

        void Look()
        {
            facts.Look();
            overrides.Look();
        }
    }

    private static ValueTask<ProbeResult> NoTraffic(object options, ProbeContext context, bool forced, CancellationToken cancel) => ValueTask.FromResult(new ProbeResult
    {
        Status = CheckStatus.Unknown,
        Reason = ProbeReason.Local,
        Summary = "TRAFFIC UNKNOWN: only a node counts traffic (scout server run)",
        StartedAt = context.Time.GetUtcNow(),
    });

    private sealed class Nobody : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
