using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Scout.Server.Cluster;
using Scout.Server.Configuration;
using Scout.Server.Http;
using Scout.Server.Life;
using Scout.Server.Logging;
using Scout.Traffic;
using Scout.Traffic.Collecting;
using Scout.Traffic.Probing;

namespace Scout.Server.Traffic;

/// <summary>
/// The accounting in the life of a node: its port is taken with the others, it begins when the node is ready and beside the machines. Whatever fails in it is logged and told by
/// <c>scout_traffic_up</c>, and the machines go on.
/// </summary>
internal sealed class NodeTraffic : IAsyncDisposable
{
    /// <summary>How often a machine without pods is looked at.</summary>
    private static readonly TimeSpan RootLook = TimeSpan.FromSeconds(10);

    private readonly TrafficSettings settings;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly TrafficAccounting accounting;
    private readonly TrafficLooks looks;
    private readonly ClusterNames names;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private TaskCompletionSource collection = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TrafficSnapshot? refused;
    private Task begin = Task.CompletedTask;
    private bool counts;
    private bool wasUp;

    private NodeTraffic(TrafficSettings settings, ClusterNames names, string data, TimeProvider time, ILogger log)
    {
        this.settings = settings;
        this.names = names;
        this.time = time;
        this.log = log;
        accounting = new TrafficAccounting(settings.Options, names, time, new AttachFile(Path.Combine(data, "traffic.attach")), Collected);
        looks = new TrafficLooks(this, time);
    }

    /// <summary>Of the series with the names of <c>statsagent</c>; null when they are not wanted.</summary>
    public HttpEndpoint? Compatible { get; private set; }

    public TimeSpan Interval => settings.Options.Interval;

    public TimeSpan Now => accounting.Now;

    /// <summary>The newest; before there is one, why there is none.</summary>
    public TrafficSnapshot Current => Volatile.Read(ref refused) ?? accounting.Current;

    /// <summary>For metrics: null where nothing is to be counted, so that a machine without pods has no series of it.</summary>
    public TrafficSnapshot? Shown => settings.Mode == TrafficMode.On || Volatile.Read(ref counts) ? Current : null;

    /// <summary>Takes the port of the compatible series.</summary>
    /// <exception cref="LifeException">Exit code 3: somebody asked for this port, and it is taken.</exception>
    public static NodeTraffic Take(ServerOptions options, NodeCluster cluster, TimeProvider time, ILoggerFactory logs)
    {
        ILogger trafficLog = logs.CreateLogger("traffic");
        var taken = new NodeTraffic(options.Traffic, new ClusterNames(options.Traffic, cluster, trafficLog), options.Data, time, trafficLog);
        if (options.Traffic is { Mode: not TrafficMode.Off, Compatible: { } address })
        {
            try
            {
                taken.Compatible = HttpEndpoint.Bind(address, new TrafficCompatPages(() => taken.Current), time);
            }
            catch (SocketException error)
            {
                throw new LifeException(3, $"cannot listen on {address} for the series of statsagent: {error.Message}", "give another address with traffic.compat_statsagent.listen");
            }
        }

        return taken;
    }

    /// <summary>How the <c>traffic</c> check looks.</summary>
    public TrafficLooks Looks => looks;

    /// <summary>Begins beside everything else.</summary>
    public void Start() => begin = Task.Run(BeginAsync);

    /// <summary>Asks for a collection, and waits a little for it.</summary>
    public async Task CollectNowAsync(TimeSpan patience, CancellationToken cancel)
    {
        if (!Volatile.Read(ref counts)) return;
        Task next;
        lock (gate) next = collection.Task;
        accounting.RequestCollection();
        await Task.WhenAny(next, Task.Delay(patience, time, cancel));
        cancel.ThrowIfCancellationRequested();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await begin;
        if (Compatible is not null) await Compatible.DisposeAsync();
        try
        {
            await accounting.DisposeAsync();
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogMessages.TrafficFailed(log, error);
        }

        stop.Dispose();
    }

    private async Task BeginAsync()
    {
        try
        {
            if (settings.Mode == TrafficMode.Off)
            {
                Refuse("it is switched off (traffic.enabled)");
                return;
            }

            if (settings.Mode == TrafficMode.Auto) await RootAsync();
            TrafficProbeReport report = TrafficProbe.Run(settings.Options.CgroupRoot, time);
            if (report.IsOk)
            {
                Volatile.Write(ref refused, null);
            }
            else if (settings.Mode == TrafficMode.Auto)
            {
                LogMessages.TrafficNotCounted(log, report.Reason);
                Refuse(report.Reason);
                return;
            }
            else
            {
                LogMessages.TrafficRefused(log, report.Reason);
            }

            Volatile.Write(ref counts, true);
            names.Start();
            accounting.Start();
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            LogMessages.TrafficFailed(log, error);
            Refuse(error.Message);
        }
    }

    /// <summary>Waits for a pods' cgroup.</summary>
    private async Task RootAsync()
    {
        while (TrafficAccounting.FindRoot(settings.Options.CgroupRoot, out string reason) is null)
        {
            Refuse(reason);
            await Task.Delay(RootLook, time, stop.Token);
        }
    }

    private void Refuse(string reason) => Volatile.Write(ref refused, TrafficSnapshot.None with { Reason = reason });

    private void Collected(TrafficSnapshot snapshot)
    {
        if (snapshot.IsUp != wasUp || snapshot.Number == 1)
        {
            wasUp = snapshot.IsUp;
            if (snapshot.IsUp) LogMessages.TrafficCounted(log, snapshot.Root, snapshot.Attach);
            else LogMessages.TrafficDown(log, snapshot.Reason);
        }

        looks.Add(snapshot);
        TaskCompletionSource done;
        lock (gate)
        {
            done = collection;
            collection = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        done.SetResult();
    }
}
