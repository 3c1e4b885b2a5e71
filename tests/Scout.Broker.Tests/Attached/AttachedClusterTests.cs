using Scout.Broker.Accounts;
using Scout.Broker.Attached;
using Scout.Broker.Custody;
using Scout.Broker.Files;
using Scout.Broker.Keys;
using Scout.Nats;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Tests.Attached;

/// <summary>Three pods: three nats-servers in a cluster, a broker beside each.</summary>
public sealed class AttachedClusterTests
{
    [Fact]
    public async Task Three_form_a_cluster_one_leads_and_what_one_revokes_all_refuse()
    {
        await using var first = new AttachedBench();
        await using var second = new AttachedBench(first);
        await using var third = new AttachedBench(first);
        AttachedBench[] pods = [first, second, third];
        await first.InitAsync();
        string[] routes = [.. pods.Select(static _ => $"tls://localhost:{Bench.FreePort()}")];
        for (int i = 0; i < pods.Length; i++)
        {
            pods[i].Options = pods[i].Options with { ServerName = $"scout-broker-{i}", Routes = routes, ClusterListen = "127.0.0.1:" + new Uri(routes[i]).Port, Replicas = 3 };
            (IReadOnlyList<string>? done, BrokerExit? error) = await pods[i].ConfigAsync();
            Assert.True(done is not null, error?.Message);
            pods[i].StartServer();
        }

        foreach (AttachedBench pod in pods) pod.Begin();
        foreach (AttachedBench pod in pods) await pod.ReadyAsync();
        await Until.TrueAsync("one runs the provisioner", () => pods.Count(static pod => pod.Log.Count(5087) > 0) == 1, TimeSpan.FromSeconds(60), () => Text(pods));
        AttachedBench leader = pods.Single(static pod => pod.Log.Count(5087) > 0);
        AttachedBench[] others = [.. pods.Where(pod => pod != leader)];

        // Revoked at one that does not lead; the viewer is at the other.
        string bobs = first.Creds(ScoutRole.Viewer, "bob");
        await using NatsConnection bob = await others[1].ConnectAsync(bobs);
        string key;
        using (NatsCreds read = NatsCreds.Read(bobs)) key = read.Key.PublicKey;
        CustodyReport report = await AttachedBench.RevokeAsync(others[0].Files, HolderKind.Caller, key);
        Assert.True(report.InForce, report.Detail + Text(pods));
        await Until.TrueAsync("bob is cut", () => bob.ConnectionState != NatsConnectionState.Open, TimeSpan.FromSeconds(60), () => Text(pods));
        await Until.TrueAsync("all have one state", () => pods.All(pod => SharedState.Of(pod.Files) == SharedState.Of(first.Files)), TimeSpan.FromSeconds(60), () => Text(pods));
        foreach (AttachedBench pod in pods)
        {
            Assert.True(BrokerKeyring.Open(pod.Files.Root).Account(BrokerAccount.Fleet).Revocations.ContainsKey(key));
            // It stands in the files before the server has read them.
            await Until.TrueAsync("the login is refused", () => IsRefusedAsync(pod, bobs), TimeSpan.FromSeconds(60), () => pod.Log.Text);
        }

        // The leader goes: another takes its place.
        await leader.StopAsync();
        await Until.TrueAsync("another runs the provisioner", () => others.Count(static pod => pod.Log.Count(5087) > 0) == 1, TimeSpan.FromSeconds(60), () => Text(pods));
    }

    private static string Text(AttachedBench[] pods) => string.Join("\n----\n", pods.Select(static pod => pod.Log.Text));

    private static async Task<bool> IsRefusedAsync(AttachedBench pod, string creds)
    {
        try
        {
            await using NatsConnection line = await pod.ConnectAsync(creds, patient: false);
            return false;
        }
        catch (NatsException)
        {
            return true;
        }
    }
}
