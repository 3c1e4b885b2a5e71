using Scout.Checks.Stamp;

namespace Scout.Checks.Tests.Stamp;

public sealed class DirectionMeterTests
{
    [Fact]
    public void Nothing_lost_is_nothing_counted()
    {
        DirectionMeter meter = Meter();
        for (uint number = 0; number < 200; number++) Assert.Equal(new DirectionStep(DirectionEvent.Newest, 0, 0, number, 0), meter.Reply(number, number));
        Assert.Equal((0, 0, 0, 0), (meter.Forward, meter.Reverse, meter.Unresolved, meter.Open));
    }

    [Fact]
    public void A_request_lost_leaves_no_hole_in_the_answers()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        Assert.Equal(LossDirection.Unknown, meter.Lost(1));
        Assert.Equal(1, meter.Open);
        Assert.Equal(new DirectionStep(DirectionEvent.Newest, 1, 0, 1, 1), meter.Reply(2, 1));
        Assert.Equal((1, 0, 0), (meter.Forward, meter.Reverse, meter.Open));
        Assert.Equal(LossDirection.Forward, meter.DirectionOf(1));
    }

    [Fact]
    public void A_reply_lost_leaves_one()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        meter.Lost(1);
        Assert.Equal(new DirectionStep(DirectionEvent.Newest, 0, 1, 1, 1), meter.Reply(2, 2));
        Assert.Equal((0, 1), (meter.Forward, meter.Reverse));
    }

    [Fact]
    public void A_direction_known_before_the_deadline_is_told_at_the_deadline()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        Assert.Equal(new DirectionStep(DirectionEvent.Newest, 0, 0, 1, 2), meter.Reply(3, 2));
        Assert.Equal(0, meter.Forward + meter.Reverse);
        Assert.Equal(LossDirection.Forward, meter.Lost(1));
        Assert.Equal(LossDirection.Reverse, meter.Lost(2));
        Assert.Equal((1, 1), (meter.Forward, meter.Reverse));
    }

    [Fact]
    public void Losses_before_the_first_reply_count_in_a_new_session_only()
    {
        DirectionMeter fresh = Meter();
        for (uint number = 0; number < 3; number++) fresh.Lost(number);
        fresh.Reply(3, 1);
        Assert.Equal((2, 1, 0), (fresh.Forward, fresh.Reverse, fresh.Unresolved));

        var old = new DirectionMeter();
        for (uint number = 0; number < 3; number++) old.Lost(number);
        old.Reply(3, 1);
        Assert.Equal((0, 0, 3), (old.Forward, old.Reverse, old.Unresolved));

        // A session that has answered more than we sent is not ours from the start.
        DirectionMeter wrong = Meter();
        wrong.Lost(0);
        wrong.Reply(1, 500);
        Assert.Equal((0, 0, 1), (wrong.Forward, wrong.Reverse, wrong.Unresolved));
        wrong.Lost(2);
        wrong.Reply(3, 501);
        Assert.Equal(1, wrong.Forward);
    }

    [Fact]
    public void A_late_reply_is_taken_back()
    {
        DirectionMeter back = Meter();
        back.Reply(0, 0);
        back.Lost(1);
        back.Reply(2, 2);
        Assert.Equal(new DirectionStep(DirectionEvent.Late, 0, -1, 1, 0), back.Reply(1, 1));
        Assert.Equal((0, 0, 1), (back.Forward, back.Reverse, back.Late));

        DirectionMeter there = Meter();
        there.Reply(0, 0);
        there.Lost(1);
        there.Reply(2, 1);
        Assert.Equal(new DirectionStep(DirectionEvent.Late, -1, 0, 1, 0), there.Reply(1, 2));
        Assert.Equal(new DirectionStep(DirectionEvent.Newest, 0, 0, 3, 0), there.Reply(3, 3));
        Assert.Equal((0, 0, 1), (there.Forward, there.Reverse, there.Late));
    }

    [Fact]
    public void A_late_reply_that_is_the_newest_is_late_too()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        meter.Lost(1);
        Assert.Equal(DirectionEvent.Late, meter.Reply(1, 1).Event);
        Assert.Equal((0, 0, 1, 0, 0), (meter.Forward, meter.Reverse, meter.Late, meter.Open, meter.Unresolved));
    }

    [Fact]
    public void Replies_out_of_order_are_no_loss()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        meter.Reply(2, 2);
        Assert.Equal(DirectionEvent.Reordered, meter.Reply(1, 1).Event);
        meter.Reply(4, 3);
        Assert.Equal(DirectionEvent.Reordered, meter.Reply(3, 4).Event);
        meter.Reply(5, 5);
        Assert.Equal((0, 0, 2), (meter.Forward, meter.Reverse, meter.Reordered));
        for (uint number = 1; number < 5; number++) Assert.Equal(LossDirection.Unknown, meter.DirectionOf(number));
    }

    [Fact]
    public void A_reply_lost_after_its_request_was_overtaken_is_called_reverse_when_its_number_is_missed()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        meter.Lost(1);
        Assert.Equal(1, meter.Reply(2, 1).Forward);
        Assert.Equal(new DirectionStep(DirectionEvent.Newest, -1, 1, 3, 0), meter.Reply(3, 3));
        Assert.Equal((0, 1), (meter.Forward, meter.Reverse));
    }

    [Fact]
    public void When_one_of_a_mixed_gap_comes_late_the_other_keeps_the_right_direction()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        meter.Lost(1);
        meter.Lost(2);
        DirectionStep step = meter.Reply(3, 2);
        Assert.Equal((1, 1), (step.Forward, step.Reverse));
        meter.Reply(1, 1);
        Assert.Equal((1, 0, LossDirection.Forward), (meter.Forward, meter.Reverse, meter.DirectionOf(2)));
    }

    [Fact]
    public void Duplicates_are_counted_apart()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        Assert.Equal(DirectionEvent.Duplicate, meter.Reply(0, 0).Event);

        // The network doubled the request: the reflector answered twice.
        Assert.Equal(DirectionEvent.Duplicate, meter.Reply(0, 1).Event);
        Assert.Equal(new DirectionStep(DirectionEvent.Newest, 0, 0, 1, 0), meter.Reply(1, 2));
        Assert.Equal((0, 0, 2), (meter.Forward, meter.Reverse, meter.Duplicates));
    }

    [Fact]
    public void A_reflector_that_starts_again_decides_nothing()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0, 7);
        meter.Lost(1);
        Assert.Equal(DirectionEvent.Restarted, meter.Reply(2, 0, 8).Event);
        Assert.Equal((0, 0, 1, 1), (meter.Forward, meter.Reverse, meter.Unresolved, meter.Restarts));
        meter.Lost(3);
        meter.Reply(4, 1, 8);
        Assert.Equal(1, meter.Forward);
    }

    [Fact]
    public void A_session_that_was_idle_at_the_same_reflector_was_cut_off_on_the_way_there()
    {
        DirectionMeter meter = Meter();
        for (uint number = 0; number < 20; number++) meter.Reply(number, number, 7);
        for (uint number = 20; number < 140; number++) meter.Lost(number);
        Assert.Equal(DirectionEvent.Restarted, meter.Reply(140, 0, 7).Event);
        Assert.Equal((120, 0, 0), (meter.Forward, meter.Reverse, meter.Open));
    }

    [Fact]
    public void A_long_outage_is_counted_whole()
    {
        foreach (bool there in new[] { true, false })
        {
            DirectionMeter meter = Meter();
            meter.Reply(0, 0);
            for (uint number = 1; number <= 1000; number++) meter.Lost(number);
            Assert.Equal(1000, meter.Open);
            meter.Reply(1001, there ? 1u : 1001u);
            Assert.Equal((there ? 1000 : 0, there ? 0 : 1000, 0), (meter.Forward, meter.Reverse, meter.Open));
        }
    }

    [Fact]
    public void A_stateless_reflector_says_nothing_about_directions()
    {
        DirectionMeter meter = Meter();
        meter.Reply(0, 0);
        meter.Lost(1);
        meter.StatelessReply(2);
        Assert.Equal((0, 0, 1), (meter.Forward, meter.Reverse, meter.Unresolved));
        meter.Lost(3);
        meter.Reply(4, 9);
        Assert.Equal(2, meter.Unresolved);
        meter.Lost(5);
        meter.Reply(6, 10);
        Assert.Equal(1, meter.Forward);
    }

    [Fact]
    public void Numbers_may_wrap()
    {
        var meter = new DirectionMeter();
        uint sequence = uint.MaxValue - 3;
        uint answer = uint.MaxValue - 1;
        meter.Reply(sequence, answer);
        meter.Lost(sequence + 1);
        meter.Reply(sequence + 2, answer + 1);
        meter.Lost(sequence + 3);
        meter.Lost(sequence + 4);
        meter.Reply(sequence + 5, answer + 4);
        Assert.Equal((1, 2), (meter.Forward, meter.Reverse));
    }

    [Fact]
    public void In_order_the_sums_are_exactly_what_the_network_did()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            double there = random.NextDouble() * 0.6;
            double back = random.NextDouble() * 0.6;
            DirectionMeter meter = Meter();
            (int forward, int reverse, uint answer, long steps) = (0, 0, 0, 0);
            for (uint number = 0; number < 400; number++)
            {
                bool last = number == 399;
                if (!last && random.NextDouble() < there)
                {
                    forward++;
                    meter.Lost(number);
                }
                else if (!last && random.NextDouble() < back)
                {
                    reverse++;
                    answer++;
                    meter.Lost(number);
                }
                else
                {
                    DirectionStep step = meter.Reply(number, answer++);
                    steps += step.Forward + step.Reverse;
                }
            }

            Assert.Equal((forward, reverse, 0, 0, forward + reverse), (meter.Forward, meter.Reverse, meter.Unresolved, meter.Open, steps));
        }
    }

    [Fact]
    public void Out_of_order_doubled_and_late_every_loss_is_still_counted_once_and_the_split_is_nearly_right()
    {
        (long wrong, long all) = (0, 0);
        for (int seed = 0; seed < 300; seed++)
        {
            (DirectionMeter meter, int forward, int reverse, int late) = Storm(seed);
            Assert.Equal(forward + reverse, meter.Forward + meter.Reverse);
            Assert.Equal((0, 0, late), (meter.Unresolved, meter.Open, meter.Late));
            wrong += Math.Abs(meter.Forward - forward);
            all += forward + reverse;
        }

        Assert.InRange(wrong, 0, all / 20);
    }

    [Fact]
    public void Noise_breaks_no_invariant()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var meter = new DirectionMeter(fromStart: seed % 2 == 0);
            (long forward, long reverse, int lost) = (0, 0, 0);
            for (int round = 0; round < 500; round++)
            {
                uint number = (uint)(random.Next(4) == 0 ? random.Next() : (round / 2) + random.Next(-70, 70));
                uint answer = (uint)(random.Next(8) == 0 ? random.Next(int.MinValue, int.MaxValue) : (round / 2) + random.Next(-10, 10));
                switch (random.Next(6))
                {
                    case 0:
                        LossDirection direction = meter.Lost(number);
                        lost++;
                        if (direction == LossDirection.Forward) forward++;
                        if (direction == LossDirection.Reverse) reverse++;
                        break;
                    case 1:
                        Add(meter.StatelessReply(number));
                        break;
                    case 2:
                        Add(meter.Reply(number, answer));
                        break;
                    default:
                        Add(meter.Reply(number, answer, (uint)random.Next(1, 3)));
                        break;
                }

                Assert.Equal((meter.Forward, meter.Reverse), (forward, reverse));
                Assert.InRange(meter.Open, 0, lost);
            }

            void Add(DirectionStep step)
            {
                forward += step.Forward;
                reverse += step.Reverse;
            }
        }
    }

    [Fact]
    public void Measuring_allocates_nothing()
    {
        DirectionMeter meter = Meter();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (uint number = 0; number < 1000; number++)
        {
            if (number % 7 == 3) meter.Lost(number);
            else meter.Reply(number, number, 9);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>A network that loses, doubles and delays on both ways; probes are 100 ticks apart, the deadline is 150, and the end is quiet.</summary>
    private static (DirectionMeter Meter, int Forward, int Reverse, int Late) Storm(int seed)
    {
        var random = new Random(seed);
        var there = new List<(int At, uint Sequence)>();
        const int probes = 400;
        const int calm = 30;
        for (uint number = 0; number < probes; number++)
        {
            bool quiet = number >= probes - calm;
            int copies = !quiet && random.Next(100) == 0 ? 2 : 1;
            for (int copy = 0; copy < copies; copy++)
            {
                if (!quiet && random.Next(100) < 5) continue;
                there.Add(((int)(number * 100) + (quiet ? 1 : Delay(random)), number));
            }
        }

        uint answer = 0;
        var back = new List<(int At, uint Sequence, uint Answer)>();
        var reached = new HashSet<uint>();
        foreach ((int at, uint sequence) in there.OrderBy(packet => packet.At))
        {
            reached.Add(sequence);
            uint own = answer++;
            if (sequence < probes - calm && random.Next(100) < 5) continue;
            back.Add((at + (sequence >= probes - calm ? 1 : Delay(random)), sequence, own));
        }

        DirectionMeter meter = Meter();
        var events = back.Select(reply => (reply.At, Reply: true, reply.Sequence, reply.Answer))
            .Concat(Enumerable.Range(0, probes).Select(number => (At: (number * 100) + 150, Reply: false, Sequence: (uint)number, Answer: 0u)))
            .OrderBy(item => item.At);
        var answeredProbes = new HashSet<uint>();
        int late = 0;
        foreach ((int at, bool isReply, uint sequence, uint own) in events)
        {
            if (!isReply)
            {
                if (!answeredProbes.Contains(sequence)) meter.Lost(sequence);
                continue;
            }

            if (answeredProbes.Add(sequence) && at > (sequence * 100) + 150) late++;
            meter.Reply(sequence, own, 1);
        }

        int forward = Enumerable.Range(0, probes).Count(number => !reached.Contains((uint)number));
        int reverse = Enumerable.Range(0, probes).Count(number => reached.Contains((uint)number) && !answeredProbes.Contains((uint)number));
        return (meter, forward, reverse, late);
    }

    private static int Delay(Random random) => random.Next(20) == 0 ? random.Next(1, 400) : random.Next(1, 20);

    private static DirectionMeter Meter() => new(fromStart: true);
}
