using Scout.Broker.Supervision;

namespace Scout.Broker.Tests.Supervision;

[Trait("attack", "34")]
public sealed class CrashPolicyTests
{
    [Fact]
    public void Waits_double_from_half_a_second()
    {
        (ManualTime time, CrashPolicy policy) = Make();
        Assert.Equal([0.5, 1, 2, 4], Enumerable.Range(0, 4).Select(_ => Crash(time, policy, TimeSpan.FromSeconds(1))));
        Assert.False(policy.Failed);
    }

    [Fact]
    public void Five_ends_within_five_minutes_fail_it_and_it_is_tried_every_five_minutes()
    {
        (ManualTime time, CrashPolicy policy) = Make();
        for (int i = 0; i < 4; i++) Crash(time, policy, TimeSpan.Zero);
        Assert.Equal(300, Crash(time, policy, TimeSpan.Zero));
        Assert.True(policy.Failed);
        Assert.Equal(300, Crash(time, policy, TimeSpan.Zero));
        Assert.Equal(6, policy.Crashes);
    }

    [Fact]
    public void A_minute_of_health_begins_anew()
    {
        (ManualTime time, CrashPolicy policy) = Make();
        for (int i = 0; i < 5; i++) Crash(time, policy, TimeSpan.Zero);
        Assert.Equal(0.5, Crash(time, policy, TimeSpan.FromSeconds(60)));
        Assert.False(policy.Failed);
    }

    [Fact]
    public void Ends_that_lie_apart_never_fail_it_and_never_wait_longer_than_half_a_minute()
    {
        (ManualTime time, CrashPolicy policy) = Make();
        for (int i = 0; i < 20; i++)
        {
            Assert.InRange(Crash(time, policy, TimeSpan.FromSeconds(59)), 0.5, 30);
            time.Advance(TimeSpan.FromMinutes(2));
        }

        Assert.False(policy.Failed);
    }

    private static double Crash(ManualTime time, CrashPolicy policy, TimeSpan ran)
    {
        time.Advance(ran);
        return policy.Ended(ran).TotalSeconds;
    }

    private static (ManualTime Time, CrashPolicy Policy) Make()
    {
        var time = new ManualTime();
        return (time, new CrashPolicy(time));
    }
}
