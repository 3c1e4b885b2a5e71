using Scout.Traffic.Checks;
using Scout.Traffic.Names;

namespace Scout.Traffic.Tests.Checks;

public sealed class TrafficJudgeTests
{
    private ulong fed;
    private long numbers = 10_000;

    [Fact]
    public void The_line_says_who_how_much_and_over_what()
    {
        TrafficVerdict verdict = Run(Options() with { Warning = Range("~:50M"), Critical = Range("~:100M") }, 1_200_000, pods: 3);
        Assert.Equal(
            "TRAFFIC OK - shop/api-* receives 1.2 MB/s over 1m, 3 pods|receive_bytes_per_second=1200000;~:50000000;~:100000000;0",
            verdict.Line);
    }

    [Theory]
    [InlineData(10, TrafficStatus.Ok)]
    [InlineData(60, TrafficStatus.Warning)]
    [InlineData(200, TrafficStatus.Critical)]
    public void Ranges_judge_the_rate(ulong rate, TrafficStatus status) =>
        Assert.Equal(status, Run(Options() with { Warning = Range("50"), Critical = Range("100") }, rate).Status);

    [Theory]
    [InlineData(TrafficUnit.Packets, "receive_packets_per_second=5;;;0")]
    [InlineData(TrafficUnit.Bytes, "receive_bytes_per_second=500;;;0")]
    public void The_unit_decides_what_is_counted(TrafficUnit unit, string perf) => Assert.Equal(perf, Run(Options() with { Unit = unit }, 500).PerfData);

    [Fact]
    public void Silence_has_its_own_times_and_the_worst_wins()
    {
        TrafficCheckOptions options = Options() with { SilenceWarning = TimeSpan.FromMinutes(2), SilenceCritical = TimeSpan.FromMinutes(10) };
        var history = new TrafficHistory(options);
        Feed(history, 0, 70, 100);
        Assert.Equal(TrafficStatus.Ok, Judge(options, history, 70).Status);
        Feed(history, 80, 190, 0);
        TrafficVerdict verdict = Judge(options, history, 190);
        Assert.Equal(TrafficStatus.Warning, verdict.Status);
        Assert.Contains("no packet for 2m", verdict.Text, StringComparison.Ordinal);
        Feed(history, 200, 700, 0);
        Assert.Equal(TrafficStatus.Critical, Judge(options, history, 700).Status);
        Feed(history, 710, 770, 100);
        Assert.Equal(TrafficStatus.Ok, Judge(options, history, 770).Status);
    }

    [Fact]
    public void What_cannot_be_judged_is_unknown_with_the_reason()
    {
        TrafficCheckOptions options = Options();
        var history = new TrafficHistory(options);
        Assert.Contains("has not collected anything yet", Judge(options, history, 0).Text, StringComparison.Ordinal);
        Feed(history, 0, 30, 100);
        Assert.Contains("the window of 1m is not filled yet: 30s of shop/api-* seen", Judge(options, history, 30).Text, StringComparison.Ordinal);
        Feed(history, 40, 60, 100);
        Assert.Equal(TrafficStatus.Ok, Judge(options, history, 60).Status);
        Assert.Equal(TrafficStatus.Ok, Judge(options, history, 90).Status);
        Assert.Contains("the last collection is 31s old", Judge(options, history, 91).Text, StringComparison.Ordinal);
        history.Add(new TrafficSnapshot { Number = 1, At = TimeSpan.FromSeconds(70), Reason = "bpf(PROG_LOAD) failed" });
        TrafficVerdict down = Judge(options, history, 70);
        Assert.Equal(TrafficStatus.Unknown, down.Status);
        Assert.Contains("traffic is not counted: bpf(PROG_LOAD) failed", down.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_window_that_can_never_be_filled_is_told()
    {
        TrafficCheckOptions options = Options() with { Window = TimeSpan.FromHours(1) };
        var history = new TrafficHistory(options);
        Feed(history, 0, 70, 100);
        Assert.Contains("longer than 127 collections of 10s", Judge(options, history, 70).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TrafficStatus.Unknown)]
    [InlineData(TrafficStatus.Ok)]
    [InlineData(TrafficStatus.Critical)]
    public void Nothing_that_matches_is_what_the_check_says(TrafficStatus missing)
    {
        TrafficCheckOptions options = Options() with { Pod = "shop/none-*", Missing = missing };
        var history = new TrafficHistory(options);
        Feed(history, 0, 70, 100);
        Assert.Equal(missing, Judge(options, history, 70).Status);
    }

    [Fact]
    public void A_pod_that_leaves_takes_nothing_away_and_one_that_comes_begins_at_0()
    {
        TrafficCheckOptions options = Options();
        var history = new TrafficHistory(options);
        long number = 0;
        history.Add(Snapshot(++number, 0, ("api-1", 1000)));
        history.Add(Snapshot(++number, 30, ("api-1", 1300), ("api-2", 300)));
        history.Add(Snapshot(++number, 60, ("api-2", 900)));
        Assert.Equal(20, Judge(options, history, 60).Rate);
    }

    [Fact]
    public void A_pair_and_a_service_are_found_by_their_names()
    {
        var pair = new TrafficHistory(Options() with { Service = "shop/db" });
        var service = new TrafficHistory(Options() with { Pod = null, Service = "shop/db", Direction = TrafficCheckDirection.Both });
        for (int i = 0; i <= 6; i++)
        {
            TwoWay total = new(new Volume((ulong)i * 100, (ulong)i), new Volume((ulong)i * 10, (ulong)i));
            var snapshot = new TrafficSnapshot
            {
                IsUp = true,
                Number = i + 1,
                At = TimeSpan.FromSeconds(i * 10),
                Pairs = [new PairTraffic(PodLabel.Named("shop", "api-1"), new ServiceKey("shop", "db"), total), new PairTraffic(PodLabel.Named("shop", "api-1"), new ServiceKey("shop", "x"), total)],
                Services = [new ServiceTraffic(new ServiceKey("shop", "db"), TrafficServiceType.ClusterIp, total)],
            };
            pair.Add(snapshot);
            service.Add(snapshot);
        }

        Assert.Equal(10, Judge(Options() with { Service = "shop/db" }, pair, 60).Rate);
        TrafficVerdict verdict = Judge(Options() with { Pod = null, Service = "shop/db", Direction = TrafficCheckDirection.Both }, service, 60);
        Assert.Equal("TRAFFIC OK - service shop/db receives and transmits 11 B/s over 1m|both_bytes_per_second=11;;;0", verdict.Line);
    }

    [Fact]
    public void The_history_is_bounded()
    {
        var history = new TrafficHistory(Options());
        Feed(history, 0, 10_000, 1);
        Assert.Equal(TrafficCheckOptions.HistoryPoints, history.Points.Count);
    }

    [Theory]
    [InlineData("shop/api-*", "shop/api-1", true)]
    [InlineData("shop/*", "shop/", true)]
    [InlineData("*/api", "shop/api", true)]
    [InlineData("shop/a?i", "shop/api", true)]
    [InlineData("shop*", "shop/api", false)]
    [InlineData("shop/api", "shop/api-1", false)]
    [InlineData("*a*b*c", "xxaxxbxxc", true)]
    [InlineData("*a*b*c", "xxaxxbxx", false)]
    [InlineData("?", "/", false)]
    public void A_glob_does_not_cross_the_slash(string pattern, string text, bool matches) => Assert.Equal(matches, PodGlob.Matches(pattern, text));

    [Theory]
    [InlineData("~:50M", "~:50000000")]
    [InlineData("10k", "10000")]
    [InlineData("1Ki:2Ki", "1024:2048")]
    [InlineData("@1.5G:", "@1500000000:")]
    [InlineData("0:", "0:")]
    public void A_range_has_suffixes(string text, string plain) => Assert.Equal(plain, Range(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("5x")]
    [InlineData(":")]
    [InlineData("20:10")]
    [InlineData("1e3")]
    [InlineData("M")]
    public void What_is_no_range_is_refused(string text)
    {
        Assert.False(RateRange.TryParse(text, out _, out string error));
        Assert.NotEmpty(error);
    }

    private static TrafficCheckOptions Options() => new() { Pod = "shop/api-*" };

    private static RateRange Range(string text)
    {
        Assert.True(RateRange.TryParse(text, out RateRange range, out _));
        return range;
    }

    private static TrafficVerdict Judge(TrafficCheckOptions options, TrafficHistory history, int now) => TrafficJudge.Judge(options, history, TimeSpan.FromSeconds(now));

    /// <summary>A minute and ten seconds at a rate of bytes, in packets of 100.</summary>
    private static TrafficVerdict Run(TrafficCheckOptions options, ulong rate, int pods = 1)
    {
        var history = new TrafficHistory(options);
        for (int at = 0; at <= 70; at += 10)
        {
            history.Add(Snapshot(at + 1, at, [.. Enumerable.Range(1, pods).Select(pod => ($"api-{pod}", (ulong)at * rate / (ulong)pods))]));
        }

        return Judge(options, history, 70);
    }

    /// <summary>A snapshot each ten seconds; each adds so many bytes and as many packets to the one pod.</summary>
    private void Feed(TrafficHistory history, int from, int to, ulong bytes)
    {
        for (int at = from; at <= to; at += 10)
        {
            fed += bytes;
            history.Add(Snapshot(++numbers, at, ("api-1", fed)));
        }
    }

    private static TrafficSnapshot Snapshot(long number, int at, params (string Name, ulong Bytes)[] pods) => new()
    {
        IsUp = true,
        Number = number,
        At = TimeSpan.FromSeconds(at),
        Pods = [.. pods.Select(pod => new PodTraffic(PodLabel.Named("shop", pod.Name), new TwoWay(new Volume(pod.Bytes, (pod.Bytes + 99) / 100), default)))],
    };
}
