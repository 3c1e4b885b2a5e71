namespace Scout.Kubernetes;

/// <summary>What a group of mirrors asked and holds, at a moment.</summary>
/// <param name="Requests">Since the start, in order of kind, verb and code.</param>
/// <param name="Mirrors">One row a kind, in order of the kinds.</param>
public sealed record ClusterSample(ImmutableArray<RequestSample> Requests, ImmutableArray<MirrorSample> Mirrors);

/// <summary>Requests of one sort.</summary>
/// <param name="Kind">Plural, as <c>pods</c>.</param>
/// <param name="Verb">list, watch or get.</param>
/// <param name="Code">HTTP code; 0: no answer.</param>
/// <param name="Count">How many.</param>
public readonly record struct RequestSample(string Kind, string Verb, int Code, long Count);

/// <summary>The mirrors of one kind.</summary>
public sealed record MirrorSample
{
    /// <summary>Plural, as <c>pods</c>.</summary>
    public required string Kind { get; init; }

    public required ImmutableDictionary<RelistReason, long> Relists { get; init; }

    public required ImmutableDictionary<WatchEventType, long> Events { get; init; }

    public required ImmutableDictionary<DropReason, long> Dropped { get; init; }

    /// <summary>Objects they hold.</summary>
    public required int Objects { get; init; }

    /// <summary>How long no watch has been open, of the one that is without for the longest time.</summary>
    public required TimeSpan StaleFor { get; init; }

    internal static MirrorSample Of(string kind, ImmutableArray<MirrorStatus> all) => new()
    {
        Kind = kind,
        Relists = Sum(all, static one => one.Relists),
        Events = Sum(all, static one => one.Events),
        Dropped = Sum(all, static one => one.Dropped),
        Objects = all.Sum(static one => one.Objects),
        StaleFor = all.Max(static one => one.StaleFor),
    };

    private static ImmutableDictionary<T, long> Sum<T>(ImmutableArray<MirrorStatus> all, Func<MirrorStatus, ImmutableDictionary<T, long>> part) where T : struct, Enum =>
        Enum.GetValues<T>().ToImmutableDictionary(static key => key, key => all.Sum(one => part(one).GetValueOrDefault(key)));
}
