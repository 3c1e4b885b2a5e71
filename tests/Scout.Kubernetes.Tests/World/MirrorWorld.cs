using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Kubernetes.Fake;
using Scout.Testing;

namespace Scout.Kubernetes.Tests;

/// <summary>A cluster, a client and a mirror of its pods, all in virtual time and in this thread.</summary>
internal sealed class MirrorWorld : IDisposable
{
    public const string Token = "first-token";
    private readonly TempFolder folder = new();
    private readonly CancellationTokenSource stop = new();
    private readonly VirtualLoop loop;
    private Task? running;

    public MirrorWorld(Func<KubernetesClientOptions, KubernetesClientOptions>? change = null, Scope? scope = null, int seed = 1)
    {
        loop = new VirtualLoop(Time);
        Cluster = new FakeCluster(Time);
        Api = new FakeApi(Cluster);
        Handler = new MemoryHandler(Api);
        Api.Accounts.Add(Token);
        TokenPath = folder.Write("token", Token + "\n");
        var options = new KubernetesClientOptions { Seed = seed, Handler = () => Handler };
        Client = new KubernetesClient(new ClusterConnection(new Uri("https://10.0.0.1:443/"), folder.File("ca.crt"), TokenPath, "default"), change?.Invoke(options) ?? options, Time,
            NullLogger<KubernetesClient>.Instance);
        Mirror = new Mirror<PodObject>(Client, ResourceKinds.Pods("app"), scope ?? new Scope(), Take, seed);
    }

    public ManualTime Time { get; } = new();

    public FakeCluster Cluster { get; }

    public FakeApi Api { get; }

    public MemoryHandler Handler { get; }

    public string TokenPath { get; }

    public KubernetesClient Client { get; }

    public Mirror<PodObject> Mirror { get; }

    public List<MirrorChange<PodObject>> Changes { get; } = [];

    /// <summary>What the changes add up to.</summary>
    public Dictionary<ObjectKey, PodObject> Fold { get; } = [];

    public int Lists => Api.Count("list");

    public int Watches => Api.Count("watch");

    public MirrorStatus Status => Mirror.Status;

    public long Relists(RelistReason reason) => Status.Relists[reason];

    /// <summary>Starts the mirror and waits until it follows.</summary>
    public MirrorWorld Started()
    {
        Start();
        Until("the mirror is live and watches", () => Status.State == MirrorState.Live && Api.OpenWatches > 0);
        return this;
    }

    public void Start() => loop.Do(() => running = Mirror.RunAsync(stop.Token));

    public void Until(string what, Func<bool> condition, TimeSpan? within = null) => loop.Until(what, condition, within ?? TimeSpan.FromMinutes(30), Describe);

    public void For(TimeSpan span) => loop.For(span);

    /// <summary>Runs a request of a test.</summary>
    public T Get<T>(Func<Task<T>> ask)
    {
        Task<T>? asked = null;
        loop.Do(() => asked = ask());
        Until("an answer", () => asked!.IsCompleted);
        return asked!.GetAwaiter().GetResult();
    }

    public FakeObject Put(string name, string app = "scout", string node = "n1", string space = "default") =>
        Cluster.Put(FakeResource.Pods, space, name, Pod(app, node));

    public void Delete(string name) => Cluster.Delete(FakeResource.Pods, "default", name);

    public static JsonObject Pod(string app, string node) => new()
    {
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = app, ["other"] = "x" } },
        ["spec"] = new JsonObject { ["nodeName"] = node },
        ["status"] = new JsonObject { ["phase"] = "Running", ["podIPs"] = new JsonArray(new JsonObject { ["ip"] = "10.1.2.3" }) },
    };

    /// <summary>Whether mirror and fold are what the server has.</summary>
    public bool Converged(FakeSelector? selector = null)
    {
        Dictionary<ObjectKey, (string, string)> store = Cluster.Objects(FakeResource.Pods).Where(pod => selector?.Matches(pod) ?? true)
            .ToDictionary(pod => new ObjectKey(pod.Namespace, pod.Name), pod => (pod.Uid, pod.Field("metadata.resourceVersion")));
        return Same(store, Mirror.Objects) && Same(store, Fold);
    }

    private static bool Same(Dictionary<ObjectKey, (string Uid, string Version)> store, IReadOnlyDictionary<ObjectKey, PodObject> held) =>
        store.Count == held.Count && store.All(pair => held.TryGetValue(pair.Key, out PodObject? pod) && (pod.Uid, pod.ResourceVersion) == pair.Value);

    private void Take(MirrorChange<PodObject> change)
    {
        Changes.Add(change);
        switch (change.Type)
        {
            case MirrorChangeType.Added:
                Fold.Add(change.New!.Key, change.New);
                break;
            case MirrorChangeType.Modified:
                Assert.Equal(Fold[change.New!.Key], change.Old);
                Fold[change.New.Key] = change.New;
                break;
            case MirrorChangeType.Deleted:
                Assert.Equal(Fold[change.Old!.Key], change.Old);
                Fold.Remove(change.Old.Key);
                break;
        }
    }

    public string Describe() =>
        $"{Status.State}, {Status.LastFailure}, {Mirror.Objects.Count} objects ({Cluster.Objects(FakeResource.Pods).Count} in the store), lists {Lists}, watches {Watches}, open {Api.OpenWatches}, "
        + $"relists {string.Join(' ', Status.Relists.Where(pair => pair.Value > 0))}, foreign {loop.Foreign}, at {Time.GetUtcNow():HH:mm:ss.fff}";

    public void Dispose()
    {
        loop.Do(stop.Cancel);
        if (running is not null)
        {
            // A cancelled delay ends on another thread: real time passes here, and nothing is measured.
            long start = TimeProvider.System.GetTimestamp();
            while (!running.IsCompleted && TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30))
            {
                loop.Do(() => { });
                Thread.Yield();
            }

            Assert.True(running.IsCompletedSuccessfully, $"the mirror did not end when it was cancelled: {Describe()}");
        }

        Client.DisposeAsync().AsTask().GetAwaiter().GetResult();
        stop.Dispose();
        folder.Dispose();
    }
}
