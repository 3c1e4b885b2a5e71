using Scout.Machines.Definitions;
using Scout.Machines.Watchers;

namespace Scout.Machines.Tests.Watchers;

public sealed class EventFilterTests
{
    private static readonly ResultMark Fine = new(CheckStatus.Ok, "exit", true, false, null);
    private static readonly ResultMark Bad = new(CheckStatus.Critical, "exit", true, false, null);

    [Fact]
    public void All_lets_everything_out() => Assert.True(EventFilter.Lets(EventDetail.All, Fine, Fine, CheckStatus.Ok));

    [Fact]
    public void Changes_lets_out_the_first_after_a_start_and_nothing_steady()
    {
        Assert.True(EventFilter.Lets(EventDetail.Changes, null, Fine, CheckStatus.Ok));
        Assert.False(EventFilter.Lets(EventDetail.Changes, Fine, Fine, CheckStatus.Ok));
    }

    [Fact]
    public void Changes_lets_out_every_problem_and_any_difference()
    {
        Assert.True(EventFilter.Lets(EventDetail.Changes, Bad, Bad, CheckStatus.Critical));
        Assert.True(EventFilter.Lets(EventDetail.Changes, Bad, Fine, CheckStatus.Critical));
        Assert.True(EventFilter.Lets(EventDetail.Changes, Fine, Fine with { Reason = "builtin" }, CheckStatus.Ok));
        Assert.True(EventFilter.Lets(EventDetail.Changes, Fine, Fine with { Hard = false }, CheckStatus.Ok));
        Assert.True(EventFilter.Lets(EventDetail.Changes, Fine, Fine with { Flapping = true }, CheckStatus.Ok));
        Assert.True(EventFilter.Lets(EventDetail.Changes, Fine, Fine with { SuppressedBy = "gateway" }, CheckStatus.Ok));
    }

    [Theory]
    [InlineData(CheckStatus.Critical, null, true)]
    [InlineData(CheckStatus.Critical, CheckStatus.Critical, true)]
    [InlineData(CheckStatus.Ok, CheckStatus.Critical, true)]
    [InlineData(CheckStatus.Ok, CheckStatus.Ok, false)]
    [InlineData(CheckStatus.Ok, null, false)]
    public void Problems_lets_out_problems_and_the_first_OK_after_one(CheckStatus now, CheckStatus? last, bool expected) =>
        Assert.Equal(expected, EventFilter.Lets(EventDetail.Problems, null, Fine with { Status = now }, last));
}
