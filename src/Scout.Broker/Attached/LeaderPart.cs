using Scout.Broker.Mesh.Service;
using Scout.Broker.Provisioning;
using Scout.Broker.Secure;
using Scout.Protocol.Mesh;
using Scout.Protocol.Security.Roles;

namespace Scout.Broker.Attached;

/// <summary>
/// A service that one of several brokers runs: who holds the lease in the bucket of tokens, renewed each 2 s by its revision, lost when that has not changed for 6 s
/// (mesh.md 7). Two that ran at once for a moment would do no harm: what must happen once is decided by revisions of that bucket.
/// </summary>
internal sealed class LeaderPart(IBrokerPart inner, ClusterSeat seat) : IBrokerPart
{
    internal const string LeaseKey = "broker/lease";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(MeshLease.RenewSeconds);

    public string Name => inner.Name;

    public async Task RunAsync(SecureContext context, CancellationToken stop)
    {
        await using NatsConnection line = await context.ConnectAsync("provisioner-enrol", stop);
        INatsKVStore store = await NatsTokenBook.OpenStoreAsync(line, context.Replicas, stop);
        var place = new LeasePlace("KV_" + RoleTemplates.TokenBucket, $"$KV.{RoleTemplates.TokenBucket}.", LeaseKey);
        var lease = new MeshLeaseKeeper(store, seat.Name, context.Time, place);
        CancellationTokenSource? reign = null;
        Task work = Task.CompletedTask;
        try
        {
            while (true)
            {
                try
                {
                    await lease.BeatAsync(stop);
                }
                catch (NatsException failure)
                {
                    BrokerLog.MeshTrouble(context.Log, "the lease of " + Name, failure.Message);
                }

                if (lease.Held && reign is null)
                {
                    BrokerLog.Leads(context.Log, Name);
                    reign = CancellationTokenSource.CreateLinkedTokenSource(stop);
                    work = inner.RunAsync(context, reign.Token);
                }
                else if (reign is not null && (!lease.Held || work.IsCompleted))
                {
                    if (!lease.Held) BrokerLog.LeadsNoMore(context.Log, Name);
                    await EndAsync(reign, work, rethrow: lease.Held);
                    reign = null;
                }

                await Task.Delay(Beat, context.Time, stop);
            }
        }
        finally
        {
            if (reign is not null) await EndAsync(reign, work, rethrow: false);
            await LetGoAsync(lease, context);
        }
    }

    private static async Task EndAsync(CancellationTokenSource reign, Task work, bool rethrow)
    {
        await reign.CancelAsync();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        reign.Dispose();
        if (rethrow) await work;
    }

    private static async Task LetGoAsync(MeshLeaseKeeper lease, SecureContext context)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1), context.Time);
        try
        {
            await lease.ReleaseAsync(limit.Token);
        }
        catch (Exception failure) when (failure is NatsException or OperationCanceledException or ObjectDisposedException)
        {
            // Then it is lost by time.
        }
    }
}
