using System.Globalization;

namespace Scout.Kubernetes;

/// <summary>The series of this room (kubernetes.md 1.5) as data: server and broker have writers of their own.</summary>
public static class ClusterSeries
{
    /// <summary>All families, in a fixed order, each with its rows. Reasons and types that never occurred are there with 0, so that a rate sees the first.</summary>
    public static IEnumerable<ClusterFamily> Of(ClusterSample sample)
    {
        yield return new ClusterFamily(
            "scout_kubernetes_requests_total", IsCounter: true, "Requests to the Kubernetes API; code 0: no answer.",
            [.. sample.Requests.Select(static one => new ClusterRow([new("kind", one.Kind), new("verb", one.Verb), new("code", one.Code.ToString(CultureInfo.InvariantCulture))], one.Count))]);
        yield return Each("scout_kubernetes_watch_events_total", "Lines of watches.", "type", sample, static one => one.Events, Word);
        yield return Each("scout_kubernetes_relists_total", "Lists of everything, by what made them necessary.", "reason", sample, static one => one.Relists, Word);
        yield return new ClusterFamily(
            "scout_kubernetes_objects", IsCounter: false, "Objects that are held.",
            [.. sample.Mirrors.Select(static one => new ClusterRow([new("kind", one.Kind)], one.Objects))]);
        yield return Each("scout_kubernetes_dropped_total", "What the API sent and is not held.", "reason", sample, static one => one.Dropped, Word);
        yield return new ClusterFamily(
            "scout_kubernetes_stale_seconds", IsCounter: false, "Since when no watch is open; 0 while one is.",
            [.. sample.Mirrors.Select(static one => new ClusterRow([new("kind", one.Kind)], Math.Round(one.StaleFor.TotalSeconds, 3)))]);
    }

    private static ClusterFamily Each<T>(string name, string help, string label, ClusterSample sample, Func<MirrorSample, ImmutableDictionary<T, long>> part, Func<T, string> word) where T : struct, Enum =>
        new(name, IsCounter: true, help, [.. sample.Mirrors.SelectMany(one => Enum.GetValues<T>().Select(key => new ClusterRow([new("kind", one.Kind), new(label, word(key))], part(one).GetValueOrDefault(key))))]);

    private static string Word(WatchEventType type) => type.ToString().ToLowerInvariant();

    private static string Word(RelistReason reason) => reason.ToString().ToLowerInvariant();

    private static string Word(DropReason reason) => reason == DropReason.UnknownType ? "unknown_type" : reason.ToString().ToLowerInvariant();
}

/// <summary>One family.</summary>
/// <param name="Name">As Prometheus has it.</param>
/// <param name="IsCounter">Else a gauge.</param>
/// <param name="Help">One line.</param>
/// <param name="Rows">Its samples.</param>
public sealed record ClusterFamily(string Name, bool IsCounter, string Help, ImmutableArray<ClusterRow> Rows);

/// <summary>One sample.</summary>
/// <param name="Labels">In order.</param>
/// <param name="Value">Its value.</param>
public sealed record ClusterRow(ImmutableArray<KeyValuePair<string, string>> Labels, double Value);
