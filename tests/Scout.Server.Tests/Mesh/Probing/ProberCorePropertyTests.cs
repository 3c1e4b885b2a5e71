using Scout.Server.Mesh.Probing;

namespace Scout.Server.Tests.Mesh.Probing;

/// <summary>What holds for every network and every stand-still; seeded.</summary>
public sealed class ProberCorePropertyTests
{
    private const long Ms = VirtualMesh.Ms;
    private const long Second = VirtualMesh.Second;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void On_a_perfect_network_no_pattern_of_stalls_makes_a_loss(int seed)
    {
        var random = new Random(seed);
        var mesh = new VirtualMesh(peers: 8, seed: (ulong)seed) { Network = (_, _) => Fate.After((Ms / 10) + random.NextInt64(40 * Ms)), KernelStamps = seed % 3 != 0 };
        for (long at = mesh.Start; at < mesh.Start + (60 * Second);)
        {
            at += random.NextInt64(900 * Ms) + Ms;
            long length = random.Next(4) switch { 0 => random.NextInt64(5 * Second), 1 => random.NextInt64(600 * Ms), _ => random.NextInt64(60 * Ms) };
            mesh.Freeze(at, at + length);
            at += length;
        }

        mesh.RunFor(70 * Second);
        Assert.True(mesh.Trials.Count > 50, $"only {mesh.Trials.Count} trials");
        Assert.All(mesh.Trials, trial => Assert.False(trial.Outcome.IsFailure(), $"{trial}"));
        Assert.All(mesh.TcpTrials, trial => Assert.False(trial.Outcome.IsFailure(), $"{trial}"));
        Assert.Empty(mesh.LateOnes);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Losses_are_counted_exactly_and_by_direction(int seed)
    {
        var random = new Random(seed);
        double share = random.NextDouble() * 0.4;
        (int there, int back, bool quiet) = (0, 0, false);
        var mesh = new VirtualMesh(new ProberSettings { MtuInterval = 0, TraceCooldown = 0, ReactivePackets = seed % 2 * 5 }, peers: 6, seed: (ulong)seed);
        mesh.Network = (_, _) =>
        {
            double draw = quiet ? 1 : random.NextDouble();
            if (draw < share / 2) there++;
            else if (draw < share) back++;
            return draw < share / 2 ? Fate.Lost : draw < share ? new Fate(0, BackLost: true) : Fate.After(Ms);
        };
        mesh.RunFor(100 * Second);
        quiet = true;
        mesh.RunFor(10 * Second);
        UdpTrial[] lost = [.. mesh.Trials.Where(trial => trial.Outcome == UdpOutcome.Lost)];
        Assert.Equal(there + back, lost.Length);
        var known = lost.Where(trial => trial.Direction != LossDirection.Unknown).Concat(mesh.Directions).ToList();
        Assert.Equal(lost.Length, known.Select(trial => (trial.Path.Peer, trial.Sequence)).Distinct().Count());
        Assert.Equal(there, known.Count(trial => trial.Direction == LossDirection.Forward));
        Assert.Equal(back, known.Count(trial => trial.Direction == LossDirection.Reverse));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Each_packet_has_one_verdict(int seed)
    {
        var random = new Random(seed);
        var mesh = new VirtualMesh(new ProberSettings { UdpInterval = 200 * Ms }, peers: 12, seed: (ulong)seed)
        {
            Network = (_, _) => random.Next(8) switch
            {
                0 => Fate.Lost,
                1 => new Fate(Ms, Copies: 2),
                2 => new Fate(random.NextInt64(4 * Second)),
                3 => new Fate(Ms, Refused: true),
                4 => new Fate(Ms, Answer: PeerAnswer.NotMe),
                _ => Fate.After(random.NextInt64(100 * Ms)),
            },
        };
        for (int i = 0; i < 20; i++) mesh.Freeze(mesh.Start + random.NextInt64(60 * Second), mesh.Start + random.NextInt64(60 * Second));
        mesh.RunFor(60 * Second);
        mesh.Core.Apply(MeshPlan.Empty, mesh.Now);
        Assert.Equal(mesh.Sent.Count, mesh.Trials.Count);
        Assert.Equal(mesh.Sent.Count, mesh.Trials.Select(trial => (trial.Path.Peer, trial.Sequence)).Distinct().Count());
        Assert.Equal(mesh.LateOnes.Count, mesh.LateOnes.Select(trial => (trial.Path.Peer, trial.Sequence)).Distinct().Count());
    }

    [Theory]
    [InlineData(20)]
    [InlineData(3)]
    [InlineData(0)]
    public void The_budget_of_quick_packets_is_never_exceeded_in_any_second(int budget)
    {
        var settings = new ProberSettings { MtuInterval = 0, ReactiveBudget = budget };
        var mesh = new VirtualMesh(settings, peers: 24) { Network = (_, _) => Fate.Lost };
        for (int i = 0; i < 30; i++)
        {
            mesh.RunFor(Second);
            mesh.Core.Ask(mesh.Paths[i % 24].PeerId, 0, new AskedProbe(5, _ => { }), mesh.Now);
        }

        long[] quick = [.. mesh.Sent.Where(sent => sent.Intent.Kind is ProbeKind.Reactive or ProbeKind.Asked).Select(sent => sent.At)];
        for (int i = budget; i < quick.Length; i++) Assert.True(quick[i] - quick[i - budget] >= Second);
        Assert.InRange(quick.Length, Math.Max(0, (budget * 28) - 5), budget * 31);
        Assert.Contains(MeshNote.ReactiveBudget, mesh.Notes);
        Assert.True(mesh.Traces.Count <= 10, "traces a minute");
    }

    [Fact]
    public void Slots_never_overflow_and_living_peers_keep_their_rate_beside_dead_ones()
    {
        var mesh = new VirtualMesh(new ProberSettings { UdpInterval = 50 * Ms, UdpTimeout = 2 * Second }, peers: 4);
        mesh.Network = (intent, _) => intent.Path == mesh.Paths[0] ? Fate.Lost : Fate.After(Ms);
        mesh.RunFor(30 * Second);
        long[] dead = [.. mesh.Sent.Where(sent => sent.Intent.Path == mesh.Paths[0] && sent.Intent.Kind == ProbeKind.Ring).Select(sent => sent.At)];
        for (int i = ProberCore.SlotsAPath; i < dead.Length; i++) Assert.True(dead[i] - dead[i - ProberCore.SlotsAPath] >= 2 * Second);
        Assert.Contains(MeshNote.SlotsBusy, mesh.Notes);
        Assert.InRange(mesh.Sent.Count(sent => sent.Intent.Path == mesh.Paths[1]), 590, 610);
    }

    [Fact]
    public void The_number_of_a_packet_wraps_without_a_trace()
    {
        int dropped = 0;
        var mesh = new VirtualMesh(new ProberSettings { MtuInterval = 0, ReactivePackets = 0, TraceCooldown = 0, FirstSequence = uint.MaxValue - 20 }, peers: 1);
        mesh.Network = (intent, _) => intent.Sequence is uint.MaxValue or 0 or 7 && dropped++ < 3 ? Fate.Lost : Fate.After(Ms);
        mesh.RunFor(60 * Second);
        Assert.Equal(3, mesh.Count(UdpOutcome.Lost));
        Assert.Equal(3, mesh.Directions.Count(trial => trial.Direction == LossDirection.Forward));
        Assert.Equal(mesh.Trials.Count - 3, mesh.Count(UdpOutcome.Ok));
        Assert.DoesNotContain(MeshNote.Reordered, mesh.Notes);
    }

    [Fact]
    public void Nothing_is_allocated_in_steady_state()
    {
        var core = new ProberCore(new ProberSettings(), 7, new Deaf(), 1, 0);
        var net = new Echo(core);
        core.Apply(new MeshPlan([.. Enumerable.Range(0, 20).Select(i => VirtualMesh.Path($"n{i}"))], ProbeKind.Full), 0);
        net.Run(20 * Second);
        long before = GC.GetAllocatedBytesForCurrentThread();
        net.Run(80 * Second);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(net.Answered > 1000);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_wheel_fires_every_timer_once_in_order_and_never_early(int seed)
    {
        var random = new Random(seed);
        var wheel = new TimingWheel(0, 200);
        long?[] due = new long?[200];
        long now = 0;
        for (int step = 0; step < 5000; step++)
        {
            int timer = random.Next(200);
            if (random.Next(5) == 0)
            {
                wheel.Cancel(timer);
                due[timer] = null;
            }
            else
            {
                due[timer] = now + random.NextInt64(random.Next(3) == 0 ? 20 * Second : 50 * Ms);
                wheel.Arm(timer, due[timer]!.Value);
            }

            long next = due.Min() ?? long.MaxValue;
            if (next == long.MaxValue) Assert.Equal(long.MaxValue, wheel.NextDue);
            else Assert.InRange(wheel.NextDue, next, Math.Max(next, now) + (2 * Ms));
            now += random.NextInt64(random.Next(50) == 0 ? 10 * Second : 3 * Ms);
            while (wheel.TryTake(now, out int fired))
            {
                Assert.True(due[fired] <= now, "early or twice");
                due[fired] = null;
            }

            Assert.DoesNotContain(due, moment => moment <= now - (2 * Ms));
        }
    }

    /// <summary>A network that answers after half a millisecond and keeps no records, with one packet in fifty lost.</summary>
    private sealed class Echo(ProberCore core) : IProbeSender
    {
        private readonly UdpEcho[] waiting = new UdpEcho[64];
        private int count;
        private long now;
        private uint sent;

        public long Answered { get; private set; }

        public void Run(long time)
        {
            long until = now + time;
            while (core.NextDue <= until)
            {
                now = core.NextDue;
                core.Advance(now, this);
                now += Ms / 2;
                for (int i = 0; i < count; i++) core.UdpReply(waiting[i] with { ReceivedAt = now }, now);
                Answered += count;
                count = 0;
            }

            now = until;
        }

        public bool Udp(in UdpIntent intent, out long sentAt, out ulong token)
        {
            sentAt = now;
            token = sent;
            if (++sent % 50 != 0) waiting[count++] = new UdpEcho(intent.Handle, intent.Sequence, token, intent.Sequence, true, PeerAnswer.ItIsMe, 1, 0, true, 0);
            return true;
        }

        public bool Tcp(in TcpIntent intent, out long sentAt)
        {
            sentAt = now;
            return true;
        }

        public (long Connect, long FirstByte) TcpAbandon(int handle) => (-1, -1);

        public void Trace(MeshPath path)
        {
        }
    }

    private sealed class Deaf : IMeshObserver
    {
        public void Udp(in UdpTrial trial)
        {
        }

        public void Late(in UdpTrial trial)
        {
        }

        public void Direction(in UdpTrial trial)
        {
        }

        public void Tcp(in TcpTrial trial)
        {
        }

        public void Stall(long from, long until)
        {
        }

        public void Note(MeshNote note, MeshPath? path)
        {
        }

        public void Leaving(MeshPath path, bool leaving)
        {
        }

        public void SuspectSelf(bool suspected, long now)
        {
        }
    }
}
