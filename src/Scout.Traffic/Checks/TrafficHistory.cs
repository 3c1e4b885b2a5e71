using Scout.Traffic.Names;

namespace Scout.Traffic.Checks;

/// <summary>
/// What one check has seen: a point a collection, 128 of them. Sums run on when a series expires, since only what a series gained since the last point is added. One owner.
/// </summary>
public sealed class TrafficHistory(TrafficCheckOptions options)
{
    private readonly Queue<TrafficPoint> points = new();
    private Dictionary<string, TwoWay> last = new(StringComparer.Ordinal);
    private TwoWay sum;
    private long number;

    internal IReadOnlyCollection<TrafficPoint> Points => points;

    internal TrafficSnapshot Newest { get; private set; } = TrafficSnapshot.None;

    /// <summary>Since when no packet came; null before the first point.</summary>
    internal TimeSpan? SilentSince { get; private set; }

    /// <summary>How many pods, pairs or services match now.</summary>
    internal int Matching => last.Count;

    /// <summary>Takes a snapshot in; one that it has already is ignored.</summary>
    public void Add(TrafficSnapshot snapshot)
    {
        if (snapshot.Number == number) return;
        number = snapshot.Number;
        Newest = snapshot;
        if (!snapshot.IsUp) return;

        Dictionary<string, TwoWay> now = Match(snapshot);
        Volume before = Watched(sum);
        foreach ((string key, TwoWay total) in now)
        {
            if (last.TryGetValue(key, out TwoWay was)) sum += Gain(was, total);
            else if (points.Count > 0) sum += total; // its series began at 0 meanwhile
        }

        last = now;
        if (SilentSince is null || Watched(sum).Packets > before.Packets) SilentSince = snapshot.At;
        points.Enqueue(new TrafficPoint(snapshot.At, sum));
        if (points.Count > TrafficCheckOptions.HistoryPoints) points.Dequeue();
    }

    /// <summary>Of the directions that the check looks at.</summary>
    internal Volume Watched(TwoWay both) => options.Direction switch
    {
        TrafficCheckDirection.Receive => both.Receive,
        TrafficCheckDirection.Transmit => both.Transmit,
        _ => both.Both,
    };

    private static TwoWay Gain(TwoWay was, TwoWay now) => new(Gain(was.Receive, now.Receive), Gain(was.Transmit, now.Transmit));

    private static Volume Gain(Volume was, Volume now) => now.Bytes < was.Bytes || now.Packets < was.Packets ? now : now - was;

    private Dictionary<string, TwoWay> Match(TrafficSnapshot snapshot)
    {
        if (options.Pod is null)
        {
            return snapshot.Services.Where(service => IsService(service.Service)).ToDictionary(service => "", service => service.Total, StringComparer.Ordinal);
        }

        return options.Service is null
            ? snapshot.Pods.Where(pod => IsPod(pod.Pod)).ToDictionary(pod => pod.Pod.ToString(), pod => pod.Total, StringComparer.Ordinal)
            : snapshot.Pairs.Where(pair => IsPod(pair.Pod) && IsService(pair.Service)).ToDictionary(pair => pair.Pod.ToString(), pair => pair.Total, StringComparer.Ordinal);
    }

    private bool IsService(ServiceKey key) => options.Service == $"{key.Namespace}/{key.Name}";

    private bool IsPod(PodLabel pod) => PodGlob.Matches(options.Pod!, pod.ToString());
}

/// <summary>Sums at a time.</summary>
internal readonly record struct TrafficPoint(TimeSpan At, TwoWay Sum);
