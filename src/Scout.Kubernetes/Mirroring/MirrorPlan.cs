namespace Scout.Kubernetes;

/// <summary>How a stream ended that had been opened.</summary>
internal enum StreamEnd
{
    /// <summary>The server closed it between two lines.</summary>
    Clean,

    /// <summary>The server closed it without a single line.</summary>
    Mute,

    /// <summary>It broke, or ended inside a line.</summary>
    Broken,

    /// <summary>It said nothing for too long.</summary>
    Silent,

    /// <summary>A line said that our version is too old.</summary>
    Expired,

    /// <summary>Another line <c>ERROR</c>.</summary>
    Error,

    /// <summary>A line that cannot be read, or cannot be true.</summary>
    Unreadable,
}

/// <summary>What the mirror does next, and after how long.</summary>
internal readonly record struct MirrorStep(bool Lists, ListFrom From, RelistReason Reason, TimeSpan Delay);

/// <summary>
/// Decides what comes after a list, a stream and a failure (kubernetes.md 1.4). Knows no clock and no connection: the same inputs and the same seed give the same steps.
/// </summary>
internal sealed class MirrorPlan(int seed)
{
    public static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(60);

    /// <summary>A stream that ends sooner counts as a failure.</summary>
    public static readonly TimeSpan ShortStream = TimeSpan.FromSeconds(1);

    /// <summary>A stream that lived this long makes earlier failures forgotten.</summary>
    public static readonly TimeSpan LongStream = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan FirstForbidden = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestForbidden = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan NotServedDelay = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan BadRequestDelay = TimeSpan.FromSeconds(60);
    private readonly Random random = new(seed);
    private int failures;
    private int shortStreams;
    private int errorStreams;
    private int forbidden;
    private MirrorStep next = new(Lists: true, ListFrom.Cache, RelistReason.First, TimeSpan.Zero);

    public MirrorStep First => next;

    /// <summary>A list is in the mirror: watch from its version.</summary>
    public MirrorStep Listed()
    {
        failures = 0;
        forbidden = 0;
        return Go(next with { Lists = false, Delay = TimeSpan.Zero });
    }

    /// <summary>A stream ended.</summary>
    /// <param name="end">How.</param>
    /// <param name="lived">From its headers to its end.</param>
    /// <param name="retryAfter">What a line <c>ERROR</c> asked for.</param>
    public MirrorStep Ended(StreamEnd end, TimeSpan lived, TimeSpan? retryAfter = null)
    {
        forbidden = 0;
        if (lived >= LongStream) failures = shortStreams = 0;
        bool isShort = lived < ShortStream;
        TimeSpan pause = isShort ? Backoff(shortStreams++) : TimeSpan.Zero;
        errorStreams = end == StreamEnd.Error ? errorStreams + 1 : 0;
        switch (end)
        {
            case StreamEnd.Clean:
            case StreamEnd.Silent:
                return Watch(isShort ? pause : Within(TimeSpan.FromSeconds(1)));
            case StreamEnd.Broken:
                return Watch(Max(pause, Backoff(failures++)));
            case StreamEnd.Mute:
                return List(RelistReason.Mute, pause);
            case StreamEnd.Expired:
                return List(RelistReason.Expired, pause);
            case StreamEnd.Unreadable:
                return List(RelistReason.Unreadable, pause);
            default:
                TimeSpan delay = Min(LongestBackoff, Max(retryAfter ?? TimeSpan.Zero, Max(pause, Backoff(failures++))));
                if (errorStreams < 3) return Watch(delay);
                errorStreams = 0;
                return List(RelistReason.Error, delay);
        }
    }

    /// <summary>A list or a watch was refused, or could not be asked for.</summary>
    public MirrorStep Failed(ApiFailure failure, TimeSpan? retryAfter)
    {
        if (failure != ApiFailure.Forbidden) forbidden = 0;
        switch (failure)
        {
            case ApiFailure.Expired:
                return List(next.Lists ? next.Reason : RelistReason.Expired, Backoff(shortStreams++));
            case ApiFailure.TooLarge:
                return List(next.Lists ? next.Reason : RelistReason.Error, Max(retryAfter ?? TimeSpan.Zero, Backoff(failures++)));
            case ApiFailure.Forbidden:
                TimeSpan patience = FirstForbidden * Math.Pow(2, Math.Min(forbidden++, 6));
                return Go(next with { Delay = Min(LongestForbidden, patience) });
            case ApiFailure.NotServed:
                return Again(NotServedDelay);
            case ApiFailure.BadRequest:
                return Again(BadRequestDelay);
            case ApiFailure.Busy:
                return Go(next with { Delay = Min(LongestBackoff, Max(retryAfter ?? TimeSpan.Zero, Backoff(failures++))) });
            default:
                return Go(next with { Delay = Backoff(failures++) });
        }
    }

    /// <summary>List, and if it was a watch that failed: because of the error.</summary>
    private MirrorStep Again(TimeSpan delay) => Go(next.Lists ? next with { Delay = delay } : new MirrorStep(Lists: true, ListFrom.Latest, RelistReason.Error, delay));

    private MirrorStep Watch(TimeSpan delay) => Go(next with { Lists = false, Delay = delay });

    private MirrorStep List(RelistReason reason, TimeSpan delay) => Go(new MirrorStep(Lists: true, ListFrom.Latest, reason, delay));

    private MirrorStep Go(MirrorStep step) => next = step;

    private TimeSpan Backoff(int exponent) => Within(Min(LongestBackoff, TimeSpan.FromSeconds(Math.Pow(2, Math.Min(exponent, 10)))));

    private TimeSpan Within(TimeSpan longest) => longest * random.NextDouble();

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
