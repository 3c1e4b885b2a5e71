using Scout.Machines.Timing;

namespace Scout.Machines.Tests.Timing;

public sealed class PlacementTests
{
    [Theory]
    [InlineData("web1", 0xd6282a8203a6a99dUL, 8365, 50193, 250965)]
    [InlineData("web2", 0x55cf59aa04360b60UL, 3351, 20111, 100558)]
    public void The_vectors_of_the_specification_hold(string node, ulong hash, long ten, long minute, long five)
    {
        Placement placement = Placement.Of(node, "disk_root", "check");

        Assert.Equal(hash, placement.Hash);
        Assert.Equal(ten, placement.PlaceMilliseconds(10_000));
        Assert.Equal(TimeSpan.FromMilliseconds(minute), placement.Place(TimeSpan.FromMinutes(1)));
        Assert.Equal(five, placement.PlaceMilliseconds(300_000));
    }

    [Fact]
    public void An_empty_window_has_one_place() => Assert.Equal(TimeSpan.Zero, Placement.Of("a", "b", "c").Place(TimeSpan.Zero));

    [Fact]
    public void A_thousand_nodes_fill_every_tenth_of_a_minute()
    {
        var tenths = new int[10];
        for (int i = 0; i < 1000; i++) tenths[Placement.Of($"web{i}", "disk_root", "check").PlaceMilliseconds(60_000) / 6000]++;

        Assert.All(tenths, count => Assert.InRange(count, 60, 140));
    }

    [Fact]
    public void A_long_name_is_hashed_as_well() =>
        Assert.NotEqual(Placement.Of("n", new string('é', 900), "w"), Placement.Of("n", new string('é', 901), "w"));
}
