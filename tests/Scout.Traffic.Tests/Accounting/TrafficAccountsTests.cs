using Scout.Traffic.Accounting;
using Scout.Traffic.Names;

namespace Scout.Traffic.Tests.Accounting;

public sealed class TrafficAccountsTests
{
    private const TrafficDirection Out = TrafficDirection.Transmit;
    private const TrafficDirection In = TrafficDirection.Receive;

    [Fact]
    public void Bytes_reach_the_pod_the_pair_and_the_service_which_sees_them_the_other_way_round()
    {
        AccountHistory node = Node();
        node.Count(1, 2, Out, 300, 3);
        node.Count(1, 2, In, 50);
        node.Count(1, TrafficPeers.Other, Out, 7);
        node.Collect();
        Assert.Equal(new TwoWay(new Volume(50, 1), new Volume(307, 4)), node.Total("web"));
        Assert.Equal(new TwoWay(new Volume(50, 1), new Volume(300, 3)), node.Pod("web")!.Pairs[new ServiceKey("shop", "svc0")].Total);
        Assert.Equal(new TwoWay(new Volume(300, 3), new Volume(50, 1)), node.Service(0).Total);
        node.AssertWhole();
    }

    [Fact]
    public void Only_what_came_since_is_added()
    {
        AccountHistory node = Node();
        for (int i = 0; i < 3; i++)
        {
            node.Count(1, 0, Out, 100);
            node.Collect();
            node.Collect();
        }

        Assert.Equal(300ul, node.Total("web").Transmit.Bytes);
    }

    [Fact]
    public void A_pod_is_there_with_0_as_soon_as_it_has_a_cgroup_and_a_name()
    {
        AccountHistory node = Node();
        node.Collect();
        Assert.True(node.Pod("web")!.Shown);
        Assert.True(node.Total("web").IsZero);
        Assert.Empty(node.Pod("web")!.Pairs);
    }

    [Fact]
    public void Loopback_stays_out_of_the_pod()
    {
        AccountHistory node = Node();
        node.Count(1, TrafficPeers.Loopback, Out, 100);
        node.Collect();
        Assert.True(node.Total("web").IsZero);
        Assert.Equal(100ul, node.Accounts.Loopback.Transmit.Bytes);
    }

    [Fact]
    public void A_name_that_comes_late_gets_what_waited()
    {
        var node = new AccountHistory();
        node.Create(1, 1);
        node.Count(1, 2, Out, 100);
        node.Collect();
        Assert.Equal(100ul, node.Accounts.Pending.Transmit.Bytes);
        node.Name(1, "web");
        node.Collect();
        Assert.True(node.Accounts.Pending.IsZero);
        Assert.Equal(100ul, node.Total("web").Transmit.Bytes);
        Assert.Equal(100ul, node.Service(0).Total.Receive.Bytes);
        node.AssertWhole();
    }

    [Fact]
    public void What_waited_two_minutes_is_nobodys_for_good()
    {
        var node = new AccountHistory();
        node.Create(1, 1);
        node.Count(1, 0, Out, 100);
        node.Collect();
        node.Collect(110);
        Assert.Equal(100ul, node.Accounts.Pending.Transmit.Bytes);
        node.Collect(10);
        Assert.Equal(100ul, node.Accounts.Unattributed.Transmit.Bytes);
        node.Name(1, "web");
        node.Count(1, 0, Out, 7);
        node.Collect();
        Assert.Equal(7ul, node.Total("web").Transmit.Bytes);
        Assert.Equal(100ul, node.Accounts.Unattributed.Transmit.Bytes);
    }

    [Fact]
    public void An_unknown_cgroup_that_is_gone_is_nobodys()
    {
        var node = new AccountHistory();
        node.Count(99, 0, In, 100);
        node.Collect();
        node.Collect();
        Assert.Equal(100ul, node.Accounts.Unattributed.Receive.Bytes);
        node.AssertWhole();
    }

    [Fact]
    public void What_is_no_pods_is_nobodys_at_once()
    {
        var node = new AccountHistory();
        node.CreateOther(1);
        node.Count(1, 0, In, 100);
        node.Collect();
        Assert.Equal(100ul, node.Accounts.Unattributed.Receive.Bytes);
    }

    [Fact]
    public void Without_an_API_the_uid_is_the_label()
    {
        var node = new AccountHistory();
        node.WithoutApi();
        node.Create(1, 1);
        node.Count(1, 0, In, 100);
        node.Collect();
        PodAccount pod = Assert.Single(node.Accounts.Pods);
        Assert.False(pod.Label.IsNamed);
        Assert.Equal(100ul, pod.Total.Receive.Bytes);
    }

    [Fact]
    public void A_pod_that_returns_under_its_name_continues_its_series()
    {
        AccountHistory node = Node();
        node.Count(1, 0, Out, 100);
        node.Collect();
        node.Remove(1);
        node.Collect();
        node.Create(2, 2);
        node.Unname(1);
        node.Name(2, "web");
        node.Count(2, 0, Out, 11);
        node.Collect();
        Assert.Equal(111ul, node.Total("web").Transmit.Bytes);
    }

    [Fact]
    public void Sockets_of_a_dead_cgroup_still_count_for_its_pod_and_its_entries_go_when_they_are_silent()
    {
        AccountHistory node = Node();
        node.Count(1, 0, Out, 100);
        node.Collect();
        node.Remove(1);
        node.Unname(1);
        node.Collect();
        for (int i = 0; i < 10; i++)
        {
            node.Count(1, 0, Out, 1);
            node.Collect();
        }

        Assert.Equal(110ul, node.Total("web").Transmit.Bytes);
        Assert.Equal(1, node.Rows);
        node.Collect(50);
        Assert.Equal(1, node.Rows);
        node.Collect(10);
        Assert.Equal(0, node.Rows);
        Assert.Equal(0, node.Accounts.Remembered);
        node.AssertWhole();
    }

    [Fact]
    public void An_entry_that_lives_again_counts_as_new()
    {
        AccountHistory node = Node();
        node.Count(1, 0, Out, 100);
        node.Collect();
        node.Remove(1);
        node.Collect(60);
        node.Collect(60);
        Assert.Equal(0, node.Rows);
        node.Create(1, 1);
        node.Count(1, 0, Out, 30);
        node.Collect();
        Assert.Equal(130ul, node.Total("web").Transmit.Bytes);
        node.AssertWhole();
    }

    [Fact]
    public void Series_stay_for_the_grace_and_their_bytes_in_the_sum()
    {
        AccountHistory node = Node();
        node.Count(1, 2, Out, 100);
        node.Collect();
        node.Remove(1);
        node.Collect(590);
        Assert.NotNull(node.Pod("web"));
        node.Collect(20);
        Assert.Null(node.Pod("web"));
        Assert.Equal(100ul, node.Service(0).Total.Receive.Bytes); // the service lives
        node.AssertWhole();
    }

    [Fact]
    public void The_bound_holds_pods_come_first_and_nothing_is_lost()
    {
        var node = new AccountHistory(new TrafficAccountOptions { MaxSeries = 24 });
        for (int pod = 1; pod <= 2; pod++)
        {
            node.Create((ulong)pod, pod);
            node.Name(pod, $"pod{pod}");
            for (uint peer = 2; peer < 5; peer++) node.Count((ulong)pod, peer, Out, 10);
        }

        node.Collect();
        Assert.Equal(6, Shown(node));
        Assert.True(node.Pod("pod1")!.Shown && node.Pod("pod2")!.Shown);
        long dropped = node.Accounts.SeriesDropped;
        Assert.Equal(5, dropped);
        node.Collect();
        Assert.Equal(dropped, node.Accounts.SeriesDropped);

        node.Create(3, 3);
        node.Name(3, "pod3");
        node.Collect();
        Assert.True(node.Pod("pod3")!.Shown);
        Assert.Equal(6, Shown(node));
        Assert.Equal(30ul, node.Total("pod1").Transmit.Bytes);
        Assert.Equal(20ul, node.Service(0).Total.Receive.Bytes);
        node.AssertWhole();
    }

    [Fact]
    public void Namespaces_are_filtered_and_counted_all_the_same()
    {
        var node = new AccountHistory(new TrafficAccountOptions { Exclude = ["kube-system"] });
        node.Create(1, 1);
        node.Name(1, "dns", "kube-system");
        node.Count(1, 2, Out, 10);
        node.Collect();
        Assert.False(Assert.Single(node.Accounts.Pods).Shown);
        Assert.Equal(10ul, node.Service(0).Total.Receive.Bytes);
        node.AssertWhole();
    }

    [Fact]
    public void Any_history_keeps_every_byte_and_no_series_falls()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var node = new AccountHistory(new TrafficAccountOptions { MaxSeries = random.Next(4, 120), Grace = TimeSpan.FromSeconds(random.Next(30, 400)) });
            var alive = new Dictionary<ulong, int>();
            ulong next = 1;
            Dictionary<PodLabel, TwoWay> shown = [];
            for (int step = 0; step < 250; step++)
            {
                for (int change = random.Next(6); change > 0; change--) Change(random, node, alive, ref next);
                node.Collect(random.Next(1, 30));
                node.AssertWhole();
                Assert.True(Shown(node) * 4 <= 120);
                foreach (PodAccount pod in node.Accounts.Pods)
                {
                    if (!shown.TryGetValue(pod.Label, out TwoWay before)) continue;
                    Assert.True(pod.Total.Receive.Bytes >= before.Receive.Bytes && pod.Total.Transmit.Bytes >= before.Transmit.Bytes);
                }

                shown = node.Accounts.Pods.ToDictionary(pod => pod.Label, pod => pod.Total);
            }
        }
    }

    private static void Change(Random random, AccountHistory node, Dictionary<ulong, int> alive, ref ulong next)
    {
        switch (random.Next(10))
        {
            case 0:
                node.Create(next, random.Next(12));
                alive[next] = 1;
                next++;
                break;
            case 1 when alive.Count > 0:
                ulong gone = alive.Keys.ElementAt(random.Next(alive.Count));
                node.Remove(gone);
                alive.Remove(gone);
                break;
            case 2:
                int named = random.Next(12);
                node.Unname(named);
                node.Name(named, $"pod{named % 7}", random.Next(4) == 0 ? "other" : "shop");
                break;
            case 3:
                node.Unname(random.Next(12));
                break;
            case 4:
                node.CountOverflow(random.Next(2) == 0 ? In : Out, (ulong)random.Next(1, 1000));
                break;
            default:
                node.Count((ulong)random.Next(1, (int)next + 3), (uint)random.Next(8), random.Next(2) == 0 ? In : Out, (ulong)random.Next(1, 100_000), (ulong)random.Next(1, 50));
                break;
        }
    }

    private static int Shown(AccountHistory node) =>
        node.Accounts.Pods.Count(pod => pod.Shown) + node.Accounts.Services.Count(service => service.Shown)
        + node.Accounts.Pods.SelectMany(pod => pod.Pairs.Values).Count(pair => pair.Shown);

    private static AccountHistory Node()
    {
        var node = new AccountHistory();
        node.Create(1, 1);
        node.Name(1, "web");
        return node;
    }
}
