using Scout.Server.Mesh.Probing;

namespace Scout.Server.Tests.Mesh.Probing;

public sealed class ProberCoreTests
{
    private const long Ms = VirtualMesh.Ms;
    private const long Second = VirtualMesh.Second;

    [Fact]
    public void Each_neighbour_is_probed_once_an_interval_spread_over_it()
    {
        var mesh = new VirtualMesh(peers: 20);
        mesh.RunFor(60 * Second);
        foreach (MeshPath path in mesh.Paths)
        {
            long[] times = [.. mesh.Sent.Where(sent => sent.Intent.Path == path).Select(sent => sent.At)];
            Assert.InRange(times.Length, 59, 61);
            for (int i = 1; i < times.Length; i++) Assert.InRange(times[i] - times[i - 1], 950 * Ms - Ms, 1050 * Ms + Ms);
        }

        Assert.Equal(mesh.Sent.Count, mesh.Trials.Count(trial => trial.Outcome == UdpOutcome.Ok));
        Assert.True(mesh.Sent.Take(20).Select(sent => sent.At / (10 * Ms)).Distinct().Count() > 12, "probes come in a bunch");
        Assert.InRange(mesh.Connects.Count, 20 * 6 - 20, 20 * 6 + 20);
        Assert.All(mesh.TcpTrials, trial => Assert.Equal(TcpOutcome.Ok, trial.Outcome));
    }

    [Fact]
    public void A_path_walks_through_all_sixteen_source_ports()
    {
        var mesh = new VirtualMesh(peers: 1);
        mesh.RunFor(33 * Second);
        byte[] ports = [.. mesh.Sent.Select(sent => sent.Intent.PortIndex)];
        Assert.Equal(16, ports.Take(16).Distinct().Count());
        for (int i = 1; i < ports.Length; i++) Assert.Equal((ports[i - 1] + 1) % 16, ports[i]);
    }

    [Fact]
    public void A_packet_that_is_not_answered_is_lost_at_its_deadline_and_told_once()
    {
        var mesh = new VirtualMesh(peers: 1) { Network = (_, _) => Fate.Lost };
        mesh.RunFor(30 * Second);
        Assert.InRange(mesh.Count(UdpOutcome.Lost), 28, 31);
        Assert.All(mesh.Trials, trial => Assert.InRange(trial.DecidedAt - trial.SentAt, 500 * Ms, 501 * Ms));
        Assert.Equal(mesh.Trials.Count, mesh.Trials.Select(trial => trial.Sequence).Distinct().Count());
    }

    [Fact]
    public void An_answer_after_the_deadline_stays_lost_and_is_late_in_addition()
    {
        var mesh = new VirtualMesh(peers: 1) { Network = (intent, _) => Fate.After(intent.Sequence == 3 ? 2 * Second : Ms) };
        mesh.RunFor(10 * Second);
        UdpTrial late = Assert.Single(mesh.LateOnes);
        Assert.Equal(3u, late.Sequence);
        Assert.Equal(2 * Second, late.RoundTrip);
        Assert.Equal(1, mesh.Count(UdpOutcome.Lost));
        Assert.DoesNotContain(MeshNote.Reordered, mesh.Notes);
    }

    [Fact]
    public void What_comes_after_the_late_window_is_strange()
    {
        var mesh = new VirtualMesh(peers: 1) { Network = (intent, _) => Fate.After(intent.Sequence == 3 ? 5 * Second + Ms : Ms) };
        mesh.RunFor(12 * Second);
        Assert.Empty(mesh.LateOnes);
        Assert.Single(mesh.Notes, MeshNote.Strange);
    }

    [Fact]
    public void A_second_answer_is_a_duplicate_and_no_trial()
    {
        var mesh = new VirtualMesh(peers: 1) { Network = (_, _) => new Fate(Ms, Copies: 1) };
        mesh.RunFor(10 * Second);
        Assert.Equal(mesh.Sent.Count, mesh.Trials.Count);
        Assert.Equal(mesh.Sent.Count, mesh.Notes.Count(note => note == MeshNote.Duplicate));
    }

    [Fact]
    public void A_closed_port_is_refused_and_another_node_is_identity()
    {
        var mesh = new VirtualMesh(peers: 2);
        mesh.Network = (intent, _) => intent.Path == mesh.Paths[0] ? new Fate(Ms, Refused: true) : new Fate(Ms, Answer: PeerAnswer.NotMe);
        mesh.RunFor(10 * Second);
        Assert.All(mesh.Trials, trial => Assert.Equal(trial.Path == mesh.Paths[0] ? UdpOutcome.Refused : UdpOutcome.Identity, trial.Outcome));
    }

    [Fact]
    public void A_slow_path_gets_three_times_its_median_and_is_not_lost_for_ever()
    {
        var mesh = new VirtualMesh(peers: 1) { Network = (_, _) => Fate.After(700 * Ms) };
        mesh.RunFor(20 * Second);
        Assert.Equal(1, mesh.Count(UdpOutcome.Lost));
        Assert.All(mesh.Trials.Where(trial => trial.Sequence > 2), trial => Assert.Equal(UdpOutcome.Ok, trial.Outcome));
    }

    [Fact]
    public void A_leaving_peer_is_skipped_at_once_until_it_comes_back_as_another()
    {
        var mesh = new VirtualMesh(peers: 1);
        mesh.Network = (_, at) => (at - mesh.Start) switch
        {
            < 5 * Second => Fate.After(Ms),
            < 6 * Second => new Fate(Ms, Answer: PeerAnswer.Leaving),
            < 12 * Second => Fate.Lost,
            < 15 * Second => new Fate(Ms, Incarnation: 2),
            _ => Fate.Lost,
        };
        mesh.RunFor(20 * Second);
        Assert.Equal([true, false], mesh.Presence.Select(item => item.Leaving));
        Assert.InRange(mesh.Count(UdpOutcome.Skipped), 5, 7);
        Assert.InRange(mesh.Count(UdpOutcome.Lost), 4, 5);
        Assert.All(mesh.Trials.Where(trial => trial.SentAt - mesh.Start < 12 * Second), trial => Assert.NotEqual(UdpOutcome.Lost, trial.Outcome));
    }

    [Fact]
    public void A_peer_that_was_just_listed_is_skipped_until_it_answers()
    {
        var mesh = new VirtualMesh(peers: 0) { Network = (_, _) => Fate.Lost, Connections = (_, _) => null };
        mesh.Core.Apply(new MeshPlan([VirtualMesh.Path("new", listedAt: mesh.Now)], ProbeKind.Full), mesh.Now);
        mesh.RunFor(10 * Second);
        Assert.InRange(mesh.Count(UdpOutcome.Skipped), 4, 6);
        Assert.InRange(mesh.Count(UdpOutcome.Lost), 4, 6);
        Assert.All(mesh.Trials, trial => Assert.Equal(trial.SentAt - mesh.Start < 5 * Second, trial.Outcome == UdpOutcome.Skipped));
    }

    [Fact]
    public void A_freeze_over_a_quarter_of_the_wait_is_stalled_and_neither_success_nor_failure()
    {
        var mesh = new VirtualMesh(peers: 5) { Network = (_, _) => Fate.Lost };
        mesh.RunFor(5 * Second);
        int before = mesh.Trials.Count;
        mesh.Freeze(mesh.Now, mesh.Now + 3 * Second);
        mesh.RunFor(4 * Second);
        UdpTrial[] during = [.. mesh.Trials.Skip(before).Where(trial => trial.SentAt < mesh.Start + 5 * Second && trial.SentAt > mesh.Start + (5 * Second) - (300 * Ms))];
        Assert.NotEmpty(during);
        Assert.All(during, trial => Assert.Equal(UdpOutcome.Stalled, trial.Outcome));
        Assert.Contains(MeshNote.RoundMissed, mesh.Notes);
    }

    [Fact]
    public void Half_of_the_peers_failing_at_once_says_that_it_may_be_me()
    {
        var mesh = new VirtualMesh(peers: 10);
        mesh.Network = (_, at) => at - mesh.Start is > 5 * Second and < 10 * Second ? Fate.Lost : Fate.After(Ms);
        mesh.RunFor(20 * Second);
        Assert.Equal([true, false], mesh.Suspicions);
    }

    [Fact]
    public void Two_of_four_peers_are_not_enough_to_suspect_oneself()
    {
        var mesh = new VirtualMesh(peers: 4);
        mesh.Network = (intent, _) => mesh.Paths.IndexOf(intent.Path) < 2 ? Fate.Lost : Fate.After(Ms);
        mesh.RunFor(20 * Second);
        Assert.Empty(mesh.Suspicions);
    }

    [Fact]
    public void A_loss_is_followed_by_five_quick_packets_from_five_other_ports_and_one_trace()
    {
        var mesh = new VirtualMesh(new ProberSettings { MtuInterval = 0 }, peers: 1) { Network = (intent, _) => intent.Sequence == 4 ? Fate.Lost : Fate.After(Ms) };
        mesh.RunFor(10 * Second);
        UdpIntent[] quick = [.. mesh.Sent.Select(sent => sent.Intent).Where(intent => intent.Kind == ProbeKind.Reactive)];
        Assert.Equal(5, quick.Length);
        byte lostPort = mesh.Trials.Single(trial => trial.Outcome == UdpOutcome.Lost).PortIndex;
        Assert.Equal(6, quick.Select(intent => intent.PortIndex).Append(lostPort).Distinct().Count());
        Assert.Single(mesh.Traces);
    }

    [Fact]
    public void Quick_packets_that_are_lost_cause_no_more_of_them()
    {
        var mesh = new VirtualMesh(new ProberSettings { MtuInterval = 0 }, peers: 1);
        mesh.Network = (_, at) => at - mesh.Start is > 3 * Second and < 4 * Second ? Fate.Lost : Fate.After(Ms);
        mesh.RunFor(10 * Second);
        int regular = mesh.Trials.Count(trial => trial.Kind == ProbeKind.Ring && trial.Outcome == UdpOutcome.Lost);
        Assert.InRange(mesh.Sent.Count(sent => sent.Intent.Kind == ProbeKind.Reactive), 5, 5 * regular);
        Assert.Single(mesh.Traces);
    }

    [Fact]
    public void Asked_packets_are_answered_together_and_a_stranger_is_not_known()
    {
        var mesh = new VirtualMesh(peers: 2);
        mesh.Network = (intent, _) => intent.Path == mesh.Paths[0] && intent.Sequence == 2 ? Fate.Lost : Fate.After(Ms);
        AskedProbe? done = null;
        Assert.True(mesh.Core.Ask(mesh.Paths[0].PeerId, 0, new AskedProbe(5, asked => done = asked), mesh.Now));
        Assert.False(mesh.Core.Ask(42, 0, new AskedProbe(5, _ => { }), mesh.Now));
        mesh.RunFor(2 * Second);
        Assert.Equal(4, done?.Answered);
        Assert.Equal(5, done?.Decided);
    }

    [Fact]
    public void A_full_size_packet_goes_to_each_neighbour_once_an_interval_and_soon_again_after_a_loss()
    {
        var mesh = new VirtualMesh(new ProberSettings { ReactivePackets = 0, TraceCooldown = 0 }, peers: 4);
        mesh.Network = (intent, _) => intent.Kind == ProbeKind.Mtu && intent.Path == mesh.Paths[0] ? Fate.Lost : Fate.After(Ms);
        mesh.RunFor(120 * Second);
        Assert.InRange(mesh.Sent.Count(sent => sent.Intent.Kind == ProbeKind.Mtu && sent.Intent.Path == mesh.Paths[1]), 1, 3);
        long[] failing = [.. mesh.Sent.Where(sent => sent.Intent.Kind == ProbeKind.Mtu && sent.Intent.Path == mesh.Paths[0]).Select(static sent => sent.At)];
        Assert.InRange(failing.Length, 6, 8);
        // The next five come a twelfth of the interval after the loss is known, not after another whole interval.
        for (int i = 1; i <= 5; i++) Assert.InRange(failing[i] - failing[i - 1], 5 * Second, 6 * Second);
        Assert.Equal(0, mesh.Count(UdpOutcome.Lost));
    }

    [Fact]
    public void Far_targets_are_probed_in_the_second_they_are_chosen_for_and_no_second_is_taken_twice()
    {
        var far = new Chooser();
        var mesh = new VirtualMesh(peers: 0);
        mesh.Core.UnixOffset = 1_790_000_000 * Second;
        mesh.Core.Apply(new MeshPlan([.. Enumerable.Range(0, 100).Select(i => VirtualMesh.Path($"n{i}", PathRole.Far))], ProbeKind.Ring, far), mesh.Now);
        mesh.RunFor(50 * Second);
        Assert.InRange(far.Seconds.Count, 49, 50);
        for (int i = 1; i < far.Seconds.Count; i++) Assert.Equal(far.Seconds[i - 1] + 1, far.Seconds[i]);
        Assert.InRange(mesh.Count(UdpOutcome.Ok), 96, 100);
        Assert.All(mesh.Sent, sent => Assert.True(sent.Intent.Kind is ProbeKind.Shift or ProbeKind.Floor));
    }

    [Fact]
    public void A_dead_peer_of_tcp_ends_by_its_own_deadline_and_delays_nobody()
    {
        var mesh = new VirtualMesh(peers: 10);
        mesh.Connections = (intent, _) => intent.Path == mesh.Paths[0] ? null : new TcpEnd(intent.Handle, TcpOutcome.Ok, Ms, Ms, Ms, false, 1);
        mesh.RunFor(60 * Second);
        Assert.All(mesh.TcpTrials, trial => Assert.Equal(trial.Path == mesh.Paths[0] ? TcpOutcome.Timeout : TcpOutcome.Ok, trial.Outcome));
        Assert.Equal(mesh.TcpTrials.Count(trial => trial.Outcome == TcpOutcome.Timeout), mesh.Abandoned);
        Assert.All(mesh.TcpTrials.Where(trial => trial.Outcome == TcpOutcome.Timeout), trial => Assert.InRange(trial.DecidedAt - trial.SentAt, 900 * Ms, 901 * Ms));
    }

    [Fact]
    public void What_is_in_flight_on_a_path_that_goes_is_excluded()
    {
        var mesh = new VirtualMesh(peers: 3) { Network = (_, _) => Fate.Lost };
        mesh.RunFor(3 * Second);
        int open = mesh.Sent.Count - mesh.Trials.Count;
        mesh.Core.Apply(MeshPlan.Empty, mesh.Now);
        Assert.Equal(open, mesh.Trials.Count(trial => trial.Retired));
        Assert.Equal(mesh.Sent.Count, mesh.Trials.Count);
        mesh.RunFor(10 * Second);
        Assert.Equal(mesh.Sent.Count, mesh.Trials.Count);
    }

    [Fact]
    public void A_plan_that_changes_nothing_disturbs_nothing()
    {
        var mesh = new VirtualMesh(peers: 5);
        for (int i = 0; i < 50; i++)
        {
            mesh.RunFor(Second / 3);
            mesh.Core.Apply(new MeshPlan([.. mesh.Paths.Reverse()], ProbeKind.Ring), mesh.Now);
        }

        mesh.RunFor(Second);
        Assert.Equal(0, mesh.Trials.Count(trial => trial.Outcome != UdpOutcome.Ok));
        Assert.InRange(mesh.Sent.Count, 5 * 17, 5 * 18);
    }

    [Fact]
    public void What_is_kept_of_a_far_path_is_made_when_it_is_probed_and_forgotten_when_it_is_not()
    {
        var mesh = new VirtualMesh(peers: 0);
        var far = new Chooser { Until = 0 };
        MeshPath[] paths = [.. Enumerable.Range(0, 100).Select(i => VirtualMesh.Path($"n{i}", PathRole.Far))];
        mesh.Core.Apply(new MeshPlan([.. paths], ProbeKind.Ring, far), mesh.Now);
        far.Until = long.MaxValue;
        Assert.Equal(0, mesh.Core.Kept);
        mesh.RunFor(20 * Second);
        Assert.InRange(mesh.Core.Kept, 30, 50);
        far.Until = 0;
        mesh.RunFor(100 * Second);
        Assert.Equal(0, mesh.Core.Kept);
        AskedProbe? done = null;
        Assert.True(mesh.Core.Ask(paths[7].PeerId, 0, new AskedProbe(3, asked => done = asked), mesh.Now));
        mesh.RunFor(Second);
        Assert.Equal(3, done?.Answered);
        Assert.Equal(1, mesh.Core.Kept);
    }

    [Fact]
    public void Answers_are_wanted_at_once_while_quick_packets_are_on_their_way_and_only_then()
    {
        var mesh = new VirtualMesh(new ProberSettings { MtuInterval = 0, TraceCooldown = 0 }, peers: 3);
        mesh.RunFor(3 * Second);
        Assert.False(mesh.Core.IsUrgent);
        Assert.True(mesh.Core.Ask(mesh.Paths[0].PeerId, 0, new AskedProbe(5, _ => { }), mesh.Now));
        Assert.True(mesh.Core.IsUrgent);
        mesh.RunFor(Second);
        Assert.False(mesh.Core.IsUrgent);
        mesh.Network = (intent, _) => intent.Path == mesh.Paths[1] ? Fate.Lost : Fate.After(Ms);
        for (int i = 0; i < 200 && !mesh.Core.IsUrgent; i++) mesh.RunFor(10 * Ms);
        Assert.True(mesh.Core.IsUrgent);
        mesh.Network = (_, _) => Fate.After(Ms);
        mesh.RunFor(2 * Second);
        Assert.False(mesh.Core.IsUrgent);
        Assert.True(mesh.Core.Ask(mesh.Paths[0].PeerId, 0, new AskedProbe(5, _ => { }), mesh.Now));
        mesh.Core.Apply(MeshPlan.Empty, mesh.Now);
        Assert.False(mesh.Core.IsUrgent);
    }

    [Fact]
    public void A_host_that_cannot_send_makes_notes_and_no_trials()
    {
        var mesh = new VirtualMesh(peers: 3) { CanSend = false };
        mesh.RunFor(10 * Second);
        Assert.Empty(mesh.Trials);
        Assert.InRange(mesh.Notes.Count(note => note == MeshNote.NotSent), 27, 36);
    }

    [Fact]
    public void A_stopped_prober_sends_nothing_and_forgets_what_is_in_flight()
    {
        var mesh = new VirtualMesh(peers: 3) { Network = (_, _) => Fate.Lost };
        mesh.RunFor(5 * Second);
        int sent = mesh.Sent.Count;
        int told = mesh.Trials.Count;
        mesh.Core.Stop();
        mesh.RunFor(10 * Second);
        Assert.Equal(sent, mesh.Sent.Count);
        Assert.Equal(told, mesh.Trials.Count);
    }

    private sealed class Chooser : IFarTargets
    {
        public List<long> Seconds { get; } = [];

        public long Until { get; set; } = long.MaxValue;

        public int Choose(long second, Span<FarTarget> targets)
        {
            if (second >= Until) return 0;
            Seconds.Add(second);
            targets[0] = new FarTarget((int)(second % 100), ProbeKind.Shift);
            targets[1] = new FarTarget((int)((second + 50) % 100), ProbeKind.Floor);
            return 2;
        }
    }
}
