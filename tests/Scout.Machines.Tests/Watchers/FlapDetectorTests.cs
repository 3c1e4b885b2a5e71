using Scout.Machines.Definitions;
using Scout.Machines.Watchers;

namespace Scout.Machines.Tests.Watchers;

public sealed class FlapDetectorTests
{
    private static readonly FlappingLimits Limits = new(25, 30);

    [Theory]
    [InlineData(0xFFFFF, 99.0)]
    [InlineData(0x80000, 4.0)]
    [InlineData(0x00001, 5.9)]
    [InlineData(0x0001F, 28.5)]
    [InlineData(0x0003F, 33.9)]
    [InlineData(0x0003F << 14, 25.5)]
    [InlineData((0x0003F << 15) & 0xFFFFF, 21.0)]
    [InlineData(0, 0.0)]
    public void The_percentages_of_the_specification_are_exact(int ring, double percent) => Assert.Equal(percent, FlapDetector.Percent(ring));

    [Fact]
    public void Five_changes_are_not_enough_six_begin_it_and_fifteen_quiet_results_end_it()
    {
        int ring = 0;
        bool flapping = false;
        CheckStatus? last = null;
        var said = new List<string>();
        for (int i = 0; i < 30; i++)
        {
            CheckStatus now = i <= 6 && i % 2 == 1 ? CheckStatus.Critical : CheckStatus.Ok;
            ring = FlapDetector.Push(ring, last, now);
            bool before = flapping;
            flapping = FlapDetector.IsFlapping(flapping, ring, Limits);
            last = now;
            if (before != flapping) said.Add($"{i} {flapping}");
        }

        // Results 1 to 6 are changes; 15 quiet ones follow.
        Assert.Equal(["6 True", "21 False"], said);
    }

    [Fact]
    public void The_first_result_is_no_change_and_flapping_can_be_off()
    {
        Assert.Equal(0, FlapDetector.Push(0, null, CheckStatus.Critical));
        Assert.Equal(0b11, FlapDetector.Push(0b1, CheckStatus.Critical, CheckStatus.Ok));
        Assert.Equal(0b10, FlapDetector.Push(0b1, CheckStatus.Ok, CheckStatus.Ok));
        Assert.False(FlapDetector.IsFlapping(true, 0xFFFFF, null));
    }

    [Fact]
    public void The_ring_holds_twenty_results()
    {
        int ring = 0xFFFFF;
        for (int i = 0; i < 20; i++) ring = FlapDetector.Push(ring, CheckStatus.Ok, CheckStatus.Ok);
        Assert.Equal(0, ring);
    }
}
