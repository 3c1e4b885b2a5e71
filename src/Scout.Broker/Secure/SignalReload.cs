using Scout.Broker.Accounts;
using Scout.Broker.Attached;
using Scout.Broker.Files;
using Scout.Broker.Supervision;

namespace Scout.Broker.Secure;

/// <summary>
/// A reload asked for by a command beside the broker: SIGHUP to the supervisor, then its status file must name what the directory holds now.
/// </summary>
/// <param name="files">Of the broker.</param>
/// <param name="time">For the waiting.</param>
internal sealed class SignalReload(BrokerFiles files, TimeProvider time) : IBrokerReload
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public async Task<ReloadOutcome> ReloadAsync(string why, CancellationToken cancellation)
    {
        int? attached = AttachedLock.Holder(files);
        StoreHolder? holder = attached is null ? StoreLock.Probe(Path.Combine(files.Store, ".scout.lock")) : null;
        if (attached is null && holder is not { Orphaned: false }) return new ReloadOutcome(Applied: false, "no broker runs here; it will be in force when one is started");
        string wanted = BrokerStatus.Mark(files);
        if (BrokerStatus.Read(files) is not { } before) return new ReloadOutcome(Applied: false, "the broker is starting, or of a version that does not say what it runs with");
        if (before.Applied == wanted) return new ReloadOutcome(Applied: true, "nats-server runs with it already");
        // What an earlier refusal left in the file must not be taken for an answer to this one.
        if (before.Failed == wanted) (before with { Failed = "", Detail = "" }).Write(files);
        // The parent of the server that holds the lock, by the kernel's word: a number in a file may be another process by now.
        if ((attached ?? StoreLock.ParentOf(holder!.Server)) is not { } pid) return new ReloadOutcome(Applied: false, "nats-server is just being started again; call the same command once more");
        if (Native.Kill(pid, Native.SignalHangup) != 0) return new ReloadOutcome(Applied: false, $"the broker (pid {pid}) could not be told: {Native.LastErrorText}");
        long start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < Patience)
        {
            if (BrokerStatus.Read(files) is { } now)
            {
                if (now.Applied == wanted) return new ReloadOutcome(Applied: true, "nats-server has confirmed it");
                if (now.Failed == wanted) return new ReloadOutcome(Applied: false, now.Detail);
            }

            await Task.Delay(Pause, time, cancellation);
        }

        return new ReloadOutcome(Applied: false, $"the broker (pid {pid}) did not confirm within {Patience.TotalSeconds:0} s; its log says why");
    }
}
