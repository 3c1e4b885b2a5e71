namespace Scout.Traffic.Checks;

/// <summary>Judges what a check has seen: a pure function.</summary>
public static class TrafficJudge
{
    private const int OldestCollections = 3;

    /// <param name="options">The check.</param>
    /// <param name="history">What it has seen.</param>
    /// <param name="now">Monotonic, in the scale of <see cref="TrafficSnapshot.At"/>.</param>
    public static TrafficVerdict Judge(TrafficCheckOptions options, TrafficHistory history, TimeSpan now)
    {
        TrafficSnapshot newest = history.Newest;
        if (!newest.IsUp) return Unknown($"traffic is not counted: {newest.Reason}");
        TimeSpan age = now - newest.At;
        if (age > options.CollectionInterval * OldestCollections) return Unknown($"the last collection is {RateText.Duration(age)} old");
        if (history.Matching == 0)
        {
            string what = options.Pod is null || options.Service is null ? "nothing matches" : "no traffic matches";
            return new TrafficVerdict(options.Missing, $"TRAFFIC {Word(options.Missing)} - {what} {options.Subject}", "", null);
        }

        TimeSpan begin = newest.At - options.Window;
        TrafficPoint? from = null;
        foreach (TrafficPoint point in history.Points)
        {
            if (point.At <= begin) from = point;
        }

        if (from is not { } first)
        {
            if (options.Window > options.CollectionInterval * (TrafficCheckOptions.HistoryPoints - 1))
            {
                return Unknown($"the window of {RateText.Duration(options.Window)} is longer than {TrafficCheckOptions.HistoryPoints - 1} collections of {RateText.Duration(options.CollectionInterval)}");
            }

            TimeSpan seen = newest.At - history.Points.First().At;
            return Unknown($"the window of {RateText.Duration(options.Window)} is not filled yet: {RateText.Duration(seen)} of {options.Subject} seen");
        }

        TrafficPoint last = history.Points.Last();
        Volume gained = history.Watched(last.Sum) - history.Watched(first.Sum);
        double rate = (options.Unit == TrafficUnit.Bytes ? gained.Bytes : gained.Packets) / (last.At - first.At).TotalSeconds;
        TimeSpan silence = newest.At - history.SilentSince!.Value;
        TrafficStatus byRate = options.Critical?.Alerts(rate) == true ? TrafficStatus.Critical : options.Warning?.Alerts(rate) == true ? TrafficStatus.Warning : TrafficStatus.Ok;
        TrafficStatus bySilence = silence >= options.SilenceCritical ? TrafficStatus.Critical : silence >= options.SilenceWarning ? TrafficStatus.Warning : TrafficStatus.Ok;
        TrafficStatus worst = bySilence > byRate ? bySilence : byRate;

        string text = $"{options.Subject} {Verb(options.Direction)} {RateText.Rate(rate, options.Unit)} over {RateText.Duration(options.Window)}";
        if (options.Pod is not null) text += history.Matching == 1 ? ", 1 pod" : $", {history.Matching} pods";
        if (bySilence != TrafficStatus.Ok) text += $", no packet for {RateText.Duration(silence)}";
        return new TrafficVerdict(worst, $"TRAFFIC {Word(worst)} - {text}", PerfData(options, rate), rate);
    }

    /// <summary>As plugins write it.</summary>
    public static string Word(TrafficStatus status) => status switch
    {
        TrafficStatus.Ok => "OK",
        TrafficStatus.Warning => "WARNING",
        TrafficStatus.Critical => "CRITICAL",
        _ => "UNKNOWN",
    };

    private static TrafficVerdict Unknown(string why) => new(TrafficStatus.Unknown, $"TRAFFIC UNKNOWN - {why}", "", null);

    private static string Verb(TrafficCheckDirection direction) => direction switch
    {
        TrafficCheckDirection.Receive => "receives",
        TrafficCheckDirection.Transmit => "transmits",
        _ => "receives and transmits",
    };

    private static string PerfData(TrafficCheckOptions options, double rate)
    {
        string direction = options.Direction switch
        {
            TrafficCheckDirection.Receive => "receive",
            TrafficCheckDirection.Transmit => "transmit",
            _ => "both",
        };
        string unit = options.Unit == TrafficUnit.Bytes ? "bytes" : "packets";
        return $"{direction}_{unit}_per_second={RateRange.Number(rate)};{options.Warning};{options.Critical};0";
    }
}
