using Microsoft.Extensions.Logging;
using Scout.Machines.Definitions;
using Scout.Server.Configuration;
using Scout.Server.Definitions;
using Scout.Server.Facts;
using Scout.Server.Logging;
using Scout.Server.MachineDirectory;
using Scout.Server.Metrics;
using Scout.Server.Native;

namespace Scout.Server.Life;

/// <summary>What people write for the node, and what of it may change while it runs: machines, facts, overrides.</summary>
internal sealed class NodeDefinitions : IAsyncDisposable
{
    private readonly string folder;
    private readonly List<string> files;
    private readonly NodeCounters counters;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly DefinitionCatalog catalog;
    private readonly JsonFile overrides;
    private readonly List<Action<bool>> looks = [];
    private volatile DirectoryWatch? watch;
    private bool asked;

    private NodeDefinitions(ServerOptions options, NodeCounters counters, TimeProvider time, ILogger log)
    {
        folder = options.Machines;
        files = [options.Facts, options.Overrides];
        this.counters = counters;
        this.time = time;
        this.log = log;
        var trust = new FileTrust(options.PluginOwners);
        catalog = new DefinitionCatalog(new MachineFolder(options.Machines, trust), new DefinitionReaderOptions { Syntax = DefinitionSyntax.Instance });
        overrides = new JsonFile(options.Overrides, trust, log);
        Facts = new NodeFacts(options.Node, Product.Version, new JsonFile(options.Facts, trust, log));
        First = catalog.Read(hash: true)!;
    }

    public DefinitionReloads Reloads { get; } = new();

    public NodeFacts Facts { get; }

    public System.Text.Json.JsonElement Overrides => overrides.Value;

    /// <summary>The batch that the node begins with.</summary>
    public DefinitionChange First { get; }

    /// <summary>Reads everything once.</summary>
    /// <exception cref="LifeException">Exit code 2: the machine directory cannot be read.</exception>
    public static NodeDefinitions Read(ServerOptions options, NodeCounters counters, TimeProvider time, ILoggerFactory logs)
    {
        var read = new NodeDefinitions(options, counters, time, logs.CreateLogger("machines"));
        if (read.catalog.Blind.FirstOrDefault(folder => folder.Key == options.Machines) is { Value: { } why })
        {
            throw new LifeException(2, $"the machine directory {options.Machines} cannot be read: {why}", "make it readable for the server's user");
        }

        read.Take(read.First);
        read.Look();
        return read;
    }

    /// <summary>Notes what a batch was like; on the loop, or before it turns.</summary>
    public void Take(DefinitionChange change) => Reloads.Take(change, log, counters, catalog);

    /// <summary>Another file that is looked at whenever these are. Before <see cref="Watch"/>.</summary>
    /// <param name="file">Absolute path.</param>
    /// <param name="look">Reads it when it changed; true: also when it looks the same (SIGHUP).</param>
    public void AlsoLook(string file, Action<bool> look)
    {
        files.Add(file);
        looks.Add(look);
    }

    /// <summary>Watches from here on.</summary>
    /// <param name="apply">Takes each batch; posts it to the loop.</param>
    public void Watch(Action<DefinitionChange> apply)
    {
        var directory = new DirectoryWatch(folder, files, catalog, apply, Look, LookFailed, time, log);
        directory.Start();
        watch = directory;
        // SIGHUP may have come after the first reading and before this.
        if (Volatile.Read(ref asked)) _ = directory.ReloadAsync();
    }

    /// <summary>SIGHUP; false when nothing is watched any more, or not yet: then it is done when the watching begins.</summary>
    public async Task<bool> ReloadAsync()
    {
        Volatile.Write(ref asked, true);
        foreach (Action<bool> look in looks) look(true);
        if (watch is not { } directory) return false;
        await directory.ReloadAsync();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref watch, null) is { } directory) await directory.DisposeAsync();
    }

    private void LookFailed(Exception error)
    {
        Reloads.Failed();
        LogMessages.LookFailed(log, folder, error);
    }

    private void Look()
    {
        Facts.Look();
        overrides.Look();
        foreach (Action<bool> look in looks) look(false);
    }
}
