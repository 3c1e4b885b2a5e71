using Scout.Server.Rpc;
using Scout.Testing;

namespace Scout.Server.Tests.Rpc;

public sealed class RequestRateTests
{
    [Fact]
    public void So_many_at_once_and_so_many_a_second_and_no_more()
    {
        var time = new ManualTime();
        var rate = new RequestRate(time);
        Assert.Equal(RequestRate.Limit, Taken(rate));
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(RequestRate.Limit / 10, Taken(rate));
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(RequestRate.Limit, Taken(rate));
    }

    private static int Taken(RequestRate rate)
    {
        int taken = 0;
        while (taken < 10 * RequestRate.Limit && rate.TryTake()) taken++;
        return taken;
    }
}
