using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Scout.Kubernetes.Fake;

/// <summary>One watch.</summary>
internal sealed class FakeWatch(FakeCluster cluster, FakeExchange exchange, FakeRoute route, FakeResource resource, Fault? fault)
{
    private static readonly TimeSpan BookmarkEvery = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BookmarkBeforeEnd = TimeSpan.FromSeconds(2);
    private readonly FakeSelector selector = route.Selector(exchange);
    private readonly bool partial = exchange.Header("Accept").Contains("as=PartialObjectMetadata", StringComparison.Ordinal);
    private readonly int life = cluster.Life;
    private readonly EventMangler mangler = new(fault?.Events ?? EventAct.None);
    private int lines;
    private bool ended;
    private bool acted;
    private long told;

    public async Task RunAsync()
    {
        string asked = exchange.Ask("resourceVersion");
        long cursor = 0;
        if (asked.Length > 0 && !long.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out cursor))
        {
            await FakeApi.RefuseAsync(exchange, 500, "InternalError", $"strconv.ParseUint: parsing \"{asked}\": invalid syntax");
            return;
        }

        await exchange.StartAsync(200, [("Content-Type", "application/json")]);
        await exchange.WriteAsync(Array.Empty<byte>());
        TimeProvider time = cluster.Time;
        long opened = time.GetTimestamp();
        int seconds = int.TryParse(exchange.Ask("timeoutSeconds"), out int wanted) && wanted > 0 ? wanted : 1800;
        TimeSpan life0 = TimeSpan.FromSeconds(seconds);
        bool bookmarks = exchange.Ask("allowWatchBookmarks") is "true" or "1";
        TimeSpan nextBookmark = Bookmark(TimeSpan.Zero, life0);
        if (cursor == 0) cursor = await BeginAsync(bookmarks);
        bool mute = cursor > cluster.Version;
        told = cursor;
        while (!ended && !exchange.Gone.IsCancellationRequested)
        {
            long pulse = cluster.Pulses;
            if (cluster.Life != life)
            {
                exchange.Abort();
                return;
            }

            if (!mute && !await EventsAsync()) return;
            if (ended) return;
            await ActAsync();
            TimeSpan age = time.GetElapsedTime(opened);
            if (age >= life0) return;
            if (!mute && bookmarks && age >= nextBookmark)
            {
                nextBookmark = Bookmark(age, life0);
                if (cluster.Version > told) await LineAsync(BookmarkLine(cluster.Version, initial: false));
                told = Math.Max(told, cluster.Version);
                continue;
            }

            TimeSpan until = (bookmarks && !mute && nextBookmark < life0 ? nextBookmark : life0) - age;
            if (until < TimeSpan.FromMilliseconds(1)) until = TimeSpan.FromMilliseconds(1);
            await cluster.WaitAsync(pulse, until, exchange.Gone);
        }
    }

    private static TimeSpan Bookmark(TimeSpan age, TimeSpan life)
    {
        TimeSpan last = life - BookmarkBeforeEnd;
        TimeSpan next = age + BookmarkEvery;
        return next < last ? next : age < last ? last : life + BookmarkEvery;
    }

    /// <summary>Without a version: everything as ADDED, then a bookmark that says so.</summary>
    private async Task<long> BeginAsync(bool bookmarks)
    {
        (IReadOnlyList<FakeObject> all, long version) = cluster.Snapshot(resource);
        foreach (FakeObject found in all.Where(selector.Matches)) await LineAsync(EventLine("ADDED", found, found.Version));
        if (bookmarks && exchange.Ask("sendInitialEvents") == "true") await LineAsync(BookmarkLine(version, initial: true));
        return version;
    }

    /// <summary>What happened since; false when the watch is over.</summary>
    private async Task<bool> EventsAsync()
    {
        if (cluster.After(resource, told) is not { } news)
        {
            await LineAsync(Fault.ErrorLine(410, "Expired", $"too old resource version: {told} ({cluster.Floor})"));
            return false;
        }

        var made = new List<string>();
        foreach (FakeEvent change in news.Events)
        {
            bool before = selector.Matches(change.Before);
            bool after = selector.Matches(change.After);
            if (before && after) made.Add(EventLine("MODIFIED", change.After!, change.Version));
            else if (after) made.Add(EventLine("ADDED", change.After!, change.Version));
            else if (before) made.Add(EventLine("DELETED", change.Before!, change.Version));
        }

        if (news.Events.Count > 0) told = news.Events[^1].Version;
        foreach (string line in mangler.Change(made))
        {
            await LineAsync(line);
            if (ended) return false;
        }

        return true;
    }

    private async Task ActAsync()
    {
        if (acted || fault is null || fault.Act == StreamAct.None || lines < fault.AfterLines) return;
        acted = true;
        switch (fault.Act)
        {
            case StreamAct.End:
                ended = true;
                break;
            case StreamAct.Reset:
                ended = true;
                exchange.Abort();
                break;
            case StreamAct.HalfLine or StreamAct.HalfLineReset:
                ended = true;
                byte[] half = Encoding.UTF8.GetBytes(BookmarkLine(cluster.Version, initial: false));
                await exchange.WriteAsync(half.AsMemory(0, half.Length / 2));
                if (fault.Act == StreamAct.HalfLineReset) exchange.Abort();
                break;
            case StreamAct.Silence:
                ended = true;
                while (!exchange.Gone.IsCancellationRequested && cluster.Life == life) await cluster.WaitAsync(cluster.Pulses, TimeSpan.FromHours(1), exchange.Gone);
                break;
            default:
                await RawAsync(fault.Line + "\n");
                ended = fault.Act == StreamAct.LastLine;
                break;
        }
    }

    private async Task LineAsync(string line)
    {
        await ActAsync();
        if (ended) return;
        await RawAsync(line + "\n");
        lines++;
    }

    private async Task RawAsync(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int piece = fault?.ChunkSize > 0 ? fault.ChunkSize : bytes.Length;
        for (int at = 0; at < bytes.Length; at += piece) await exchange.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)));
    }

    private string EventLine(string type, FakeObject found, long version)
    {
        JsonObject json = FakeLists.Shape(found, partial, inList: false);
        json["metadata"]!["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture);
        return $"{{\"type\":\"{type}\",\"object\":{json.ToJsonString()}}}";
    }

    private string BookmarkLine(long version, bool initial)
    {
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
        if (initial) metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        var json = new JsonObject { ["kind"] = resource.Kind, ["apiVersion"] = resource.ApiVersion, ["metadata"] = metadata };
        return $"{{\"type\":\"BOOKMARK\",\"object\":{json.ToJsonString()}}}";
    }
}
