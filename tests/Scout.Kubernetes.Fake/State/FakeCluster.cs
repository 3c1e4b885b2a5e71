using System.Globalization;
using System.Text.Json.Nodes;

namespace Scout.Kubernetes.Fake;

/// <summary>The state of a cluster: objects, one counter of versions, and a history of settable length. Any thread may use it.</summary>
public sealed class FakeCluster(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Plural, string Namespace, string Name), FakeObject> objects = [];
    private readonly List<FakeEvent> history = [];
    private readonly List<TaskCompletionSource> waiting = [];
    private long version = 100;
    private long floor = 100;
    private long pulses;
    private int uids;

    public TimeProvider Time => time;

    /// <summary>Changes that are kept; older versions are answered with 410.</summary>
    public int HistoryLength { get; set; } = 10_000;

    /// <summary>Bytes of <c>managedFields</c> that each write adds, as real objects have.</summary>
    public int Padding { get; set; }

    /// <summary>Grows with each restart: streams of an earlier life end.</summary>
    public int Life { get; private set; }

    public long Version
    {
        get { lock (gate) return version; }
    }

    /// <summary>Oldest version from which a watch may go on.</summary>
    public long Floor
    {
        get { lock (gate) return floor; }
    }

    internal long Pulses
    {
        get { lock (gate) return pulses; }
    }

    /// <summary>The objects of a kind now, in order of their names.</summary>
    public IReadOnlyList<FakeObject> Objects(FakeResource resource)
    {
        lock (gate) return [.. objects.Values.Where(found => found.Resource == resource).OrderBy(found => (found.Namespace, found.Name))];
    }

    /// <summary>The objects of a kind, and the version that this is.</summary>
    public (IReadOnlyList<FakeObject> Objects, long Version) Snapshot(FakeResource resource)
    {
        lock (gate) return (Objects(resource), version);
    }

    /// <summary>Changes of a kind after a version, and the version that is reached; null when history does not reach back.</summary>
    public (IReadOnlyList<FakeEvent> Events, long Version)? After(FakeResource resource, long from)
    {
        lock (gate) return from < floor ? null : ([.. history.Where(change => change.Version > from && change.Resource == resource)], version);
    }

    public FakeObject? Find(FakeResource resource, string space, string name)
    {
        lock (gate) return objects.GetValueOrDefault((resource.Plural, space, name));
    }

    /// <summary>Creates the object, or changes it when it is there. Metadata that the server owns is set here, but for a uid that a test chose.</summary>
    public FakeObject Put(FakeResource resource, string space, string name, JsonObject content)
    {
        FakeObject made;
        lock (gate)
        {
            objects.TryGetValue((resource.Plural, space, name), out FakeObject? before);
            made = Write(resource, space, name, before, content, before?.Uid ?? content["metadata"]?["uid"]?.GetValue<string>() ?? NewUid());
        }

        Pulse();
        return made;
    }

    /// <summary>As an eviction and a new pod of the same name: two changes, another uid.</summary>
    public FakeObject Replace(FakeResource resource, string space, string name, JsonObject content)
    {
        Delete(resource, space, name);
        return Put(resource, space, name, content);
    }

    /// <summary>Removes it; with <paramref name="gracefully"/> it is first changed to have a <c>deletionTimestamp</c>.</summary>
    public bool Delete(FakeResource resource, string space, string name, bool gracefully = false)
    {
        lock (gate)
        {
            if (!objects.TryGetValue((resource.Plural, space, name), out FakeObject? before)) return false;
            if (gracefully)
            {
                var leaving = (JsonObject)before.Json.DeepClone();
                leaving["metadata"]!["deletionTimestamp"] = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
                before = Write(resource, space, name, before, leaving, before.Uid);
            }

            objects.Remove((resource.Plural, space, name));
            Remember(new FakeEvent(++version, before, null));
        }

        Pulse();
        return true;
    }

    /// <summary>Something else in the cluster changes: the counter grows, and bookmarks have something to say.</summary>
    public void Tick()
    {
        lock (gate) version++;
        Pulse();
    }

    /// <summary>Forgets history, as etcd's compaction does.</summary>
    public void Compact()
    {
        lock (gate)
        {
            history.Clear();
            floor = version;
        }
    }

    /// <summary>The server starts again: same versions, open streams end, history is gone.</summary>
    public void Restart()
    {
        lock (gate)
        {
            Compact();
            Life++;
        }

        Pulse();
    }

    /// <summary>The cluster comes back from a backup: a lower counter and other objects, of which the server knows no history.</summary>
    public void Restore(long counter, Action<FakeCluster> content)
    {
        lock (gate)
        {
            objects.Clear();
            history.Clear();
            version = counter;
            content(this);
            history.Clear();
            floor = Math.Min(counter, version);
            Life++;
        }

        Pulse();
    }

    /// <summary>Waits until something happened since <paramref name="seen"/>, at most so long.</summary>
    internal async Task WaitAsync(long seen, TimeSpan atMost, CancellationToken cancel)
    {
        if (atMost <= TimeSpan.Zero || cancel.IsCancellationRequested) return;
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (pulses != seen) return;
            waiting.Add(mine);
        }

        await using ITimer timer = time.CreateTimer(_ => mine.TrySetResult(), null, atMost, Timeout.InfiniteTimeSpan);
        await using CancellationTokenRegistration ended = cancel.Register(() => mine.TrySetResult());
        await mine.Task;
        lock (gate) waiting.Remove(mine);
    }

    internal void Pulse()
    {
        TaskCompletionSource[] told;
        lock (gate)
        {
            pulses++;
            told = [.. waiting];
        }

        foreach (TaskCompletionSource one in told) one.TrySetResult();
    }

    private FakeObject Write(FakeResource resource, string space, string name, FakeObject? before, JsonObject content, string uid)
    {
        version++;
        var json = (JsonObject)content.DeepClone();
        json["kind"] = resource.Kind;
        json["apiVersion"] = resource.ApiVersion;
        JsonObject metadata = json["metadata"] as JsonObject ?? [];
        json["metadata"] = metadata;
        metadata["name"] = name;
        if (resource.Namespaced) metadata["namespace"] = space;
        metadata["uid"] = uid;
        metadata["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture);
        metadata["creationTimestamp"] ??= time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        if (Padding > 0)
        {
            metadata["managedFields"] = new JsonArray(new JsonObject { ["manager"] = "padding", ["fieldsV1"] = new JsonObject { ["f:spec"] = new string('x', Padding) } });
        }

        var made = new FakeObject(resource, space, name, uid, version, json);
        objects[(resource.Plural, space, name)] = made;
        Remember(new FakeEvent(version, before, made));
        return made;
    }

    private void Remember(FakeEvent change)
    {
        history.Add(change);
        if (history.Count <= HistoryLength) return;
        floor = history[0].Version;
        history.RemoveAt(0);
    }

    private string NewUid()
    {
        int number = ++uids;
        return $"{number:x8}-0000-4000-8000-{Life:x4}{number:x8}";
    }
}
