using Scout.Broker.Mesh.Watching;

namespace Scout.Broker.Tests.Mesh.Watching;

/// <summary>Values are the medians of a path's reports, one each 10 s, in microseconds.</summary>
public sealed class LatencyTrackTests
{
    [Fact]
    public void A_delay_half_a_minute_after_the_start_is_slow_and_stays_so()
    {
        LatencyTrack track = Make(60, 55, 58);
        for (int i = 0; i < 60; i++)
        {
            Assert.True(track.Take(20_060));
            Assert.True(track.Slow, $"report {i} of the delay");
        }
    }

    [Fact]
    public void A_report_of_a_node_that_has_just_started_spoils_nothing()
    {
        LatencyTrack track = Make(9_000, 62, 58);
        track.Take(20_060);
        Assert.True(track.Slow);
    }

    [Fact]
    public void A_wild_report_does_not_make_it_blind()
    {
        LatencyTrack track = Make(60, 55, 58, 61, 40_000, 57);
        Assert.False(track.Slow);
        track.Take(20_060);
        Assert.True(track.Slow);
    }

    [Fact]
    public void What_began_while_the_path_was_slow_is_forgotten_when_it_is_fast_again()
    {
        LatencyTrack track = Make(20_060, 20_050, 20_070);
        Take(track, 60, 55, 58, 57, 60);
        Assert.False(track.Slow);
        track.Take(20_060);
        Assert.True(track.Slow);
    }

    [Fact]
    public void One_fast_report_changes_nothing()
    {
        LatencyTrack track = Make(5_000, 5_010, 4_990, 5_000, 60, 5_020);
        Assert.False(track.Slow);
        track.Take(5_010);
        Assert.False(track.Slow);
    }

    [Fact]
    public void Less_than_a_fifth_of_a_millisecond_is_not_slow()
    {
        LatencyTrack track = Make(50, 50, 50, 50);
        track.Take(249);
        Assert.False(track.Slow);
    }

    [Fact]
    public void A_path_that_jitters_is_slow_only_beyond_its_jitter()
    {
        LatencyTrack track = Make([.. Enumerable.Range(0, 60).Select(static i => 10_000.0 + (500 * (i % 3)))]);
        Assert.False(track.Slow);
        track.Take(11_500);
        Assert.False(track.Slow);
        track.Take(20_000);
        Assert.True(track.Slow);
    }

    [Fact]
    public void What_lasts_for_most_of_an_hour_is_usual()
    {
        LatencyTrack track = Make(60, 55, 58);
        int reports = 0;
        do track.Take(20_060);
        while (track.Slow && ++reports < 360);
        Assert.InRange(reports, 60, 300);
    }

    private static LatencyTrack Make(params double[] medians)
    {
        var track = new LatencyTrack();
        Take(track, medians);
        return track;
    }

    private static void Take(LatencyTrack track, params double[] medians)
    {
        foreach (double median in medians) track.Take(median);
    }
}
