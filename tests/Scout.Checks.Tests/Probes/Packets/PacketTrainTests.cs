using Scout.Checks.Probes.Packets;
using Scout.Testing;

namespace Scout.Checks.Tests.Probes.Packets;

public sealed class PacketTrainTests
{
    [Fact]
    public void Times_are_summed_up_over_what_was_answered()
    {
        PacketTrain train = Train(count: 5, 3, 1, null, 8, 4);
        Assert.Equal((5, 4, 1, 20d, false), (train.Sent, train.Answered, train.Lost, train.Loss, train.IsComplete));
        Assert.Equal((1, 8, 4), (Ms(train.Min), Ms(train.Max), Ms(train.Value(PacketStat.Mean))));
        Assert.Equal((3.5, 8), (train.Value(PacketStat.Median).TotalMilliseconds, Ms(train.Value(PacketStat.Max))));

        // 3-1, 1-8 and 8-4: 2, 7 and 4.
        Assert.Equal(13.0 / 3, train.Jitter.TotalMilliseconds, 3);
    }

    [Fact]
    public void One_packet_and_none_are_no_special_cases()
    {
        Assert.Equal((7, 7, 7, 0), (Ms(Train(1, 7).Value(PacketStat.Median)), Ms(Train(1, 7).Min), Ms(Train(1, 7).Max), Ms(Train(1, 7).Jitter)));
        Assert.Equal((0, 100d), (Ms(Train(2, null, null).Value(PacketStat.Mean)), Train(2, null, null).Loss));
        Assert.Equal((0d, 0), (new PacketTrain(3).Loss, new PacketTrain(3).Lost));
        Assert.Equal(0, Ms(Train(1, 0).Min));
        Assert.Equal(1, Train(1, 0).Answered);
    }

    [Fact]
    public void A_second_reply_changes_nothing_but_its_counter()
    {
        PacketTrain train = Train(2, 5, null);
        Assert.False(train.Arrives(0, TimeSpan.FromMilliseconds(1)));
        Assert.Equal((1, 1, 5), (train.Answered, train.Duplicates, Ms(train.Min)));
        Assert.Equal((false, true, false, false), (train.IsOutstanding(0), train.IsOutstanding(1), train.IsOutstanding(2), train.IsOutstanding(-1)));
        Assert.Equal(1, train.Oldest());
        Assert.True(train.Arrives(1, TimeSpan.Zero));
        Assert.Equal((true, -1), (train.IsComplete, train.Oldest()));
    }

    [Fact]
    public void The_time_a_packet_lay_in_the_socket_is_not_that_of_the_way()
    {
        var time = new ManualTime();
        var train = new PacketTrain(1);
        train.Leaves(time.GetTimestamp());
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(10, After(90));
        Assert.Equal(100, After(0));

        // The wall clock was set: the stamp says nothing.
        Assert.Equal((100, 100), (After(-5), After(101)));
        int After(int waited) => Ms(train.RoundTrip(0, new PacketArrival(time.GetTimestamp(), TimeSpan.FromMilliseconds(waited)), time));
    }

    private static int Ms(TimeSpan time) => (int)time.TotalMilliseconds;

    private static PacketTrain Train(int count, params int?[] times)
    {
        var train = new PacketTrain(count);
        for (int number = 0; number < times.Length; number++) train.Leaves(number);
        for (int number = 0; number < times.Length; number++)
        {
            if (times[number] is { } ms) train.Arrives(number, TimeSpan.FromMilliseconds(ms));
        }

        return train;
    }
}
