using System.Text.Json;
using Scout.Checks;
using Scout.Checks.Execution;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Server.Configuration;
using Scout.Server.Facts;
using Scout.Server.Life;
using Scout.Server.Loop;
using Scout.Server.Metrics;
using Scout.Server.Native;
using Scout.Server.Runs;

namespace Scout.Server.Foreground;

/// <summary>
/// Machines with the real loop and real programs, but without store, broker, socket or HTTP: <c>scout machine run</c> (machines.md 11.4).
/// </summary>
public static class ForegroundMachines
{
    /// <summary>Runs machines until told to stop; running programs have 5 s then.</summary>
    /// <param name="definitions">What to run.</param>
    /// <param name="options">Node name, facts and so on.</param>
    /// <param name="told">Gets each event as it happens, on the loop: must be quick.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The machines as they stood at the end, by name.</returns>
    public static async Task<IReadOnlyList<MachineView>> RunAsync(
        IReadOnlyList<MachineDefinition> definitions, ForegroundOptions options, Action<ForegroundEvent> told, CancellationToken stop)
    {
        TimeProvider time = options.Time;
        var counters = new NodeCounters();
        using var quiet = new Logging.LineLoggerFactory(TextWriter.Null, Microsoft.Extensions.Logging.LogLevel.None, Logging.LogFormat.Text, time, counters.CountLogDropped);
        var trust = new FileTrust([]);
        var facts = new NodeFacts(options.Node, Product.Version, new JsonFile(options.Facts, trust, quiet.CreateLogger("facts")));
        var overrides = new JsonFile(options.Overrides, trust, quiet.CreateLogger("facts"));
        facts.Look();
        overrides.Look();
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
            loop.Start();
            await loop.AskAsync(() =>
            {
                core.Start([], new DefinitionBatch(definitions, new Dictionary<string, string>()));
                return true;
            });
            await Task.WhenAny(failure.Task, Task.Delay(Timeout.InfiniteTimeSpan, time, stop));
            if (failure.Task.IsFaulted) await failure.Task;
            Task idle = await loop.AskAsync(() =>
            {
                core.Runner.Close();
                return core.Runner.WhenIdle();
            });
            await Task.WhenAny(idle, Task.Delay(TimeSpan.FromSeconds(5), time, CancellationToken.None));
            IReadOnlyList<MachineView> views = await loop.AskAsync(() =>
            {
                core.Runner.CancelAll();
                return core.Host.Views();
            });
            loop.Stop();
            return views;
        }
        finally
        {
            loop.Stop();
            Directory.Delete(folder, recursive: true);
        }
    }
}
