using Scout.Traffic.Kernel;
using Scout.Traffic.Names;

namespace Scout.Traffic.Collecting;

/// <summary>The accounting as the node runs it: walks and collects at its times, and when asked.</summary>
public sealed class TrafficAccounting : IAsyncDisposable
{
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);
    private readonly TrafficOptions options;
    private readonly TimeProvider time;
    private readonly TrafficCollector collector;
    private readonly Action<TrafficSnapshot> collected;
    private readonly CancellationTokenSource stop = new();
    private readonly long started;
    private Task loop = Task.CompletedTask;
    private TaskCompletionSource asked = NotAsked();

    /// <param name="options">Settings.</param>
    /// <param name="names">What the cluster calls things.</param>
    /// <param name="time">Clock.</param>
    /// <param name="memory">Needed before kernel 5.7 only; null takes the risk there.</param>
    /// <param name="collected">Called after each collection, by the one task that collects.</param>
    public TrafficAccounting(TrafficOptions options, ITrafficNames names, TimeProvider time, IAttachMemory? memory, Action<TrafficSnapshot> collected)
        : this(options, new TrafficSystem(memory), names, time, collected)
    {
    }

    internal TrafficAccounting(TrafficOptions options, ITrafficSystem system, ITrafficNames names, TimeProvider time, Action<TrafficSnapshot> collected)
    {
        this.options = options;
        this.time = time;
        this.collected = collected;
        collector = new TrafficCollector(options, system, names, time);
        started = time.GetTimestamp();
    }

    /// <summary>The newest snapshot; <see cref="TrafficSnapshot.None"/> before the first.</summary>
    public TrafficSnapshot Current => collector.Current;

    /// <summary>Monotonic time in the scale of <see cref="TrafficSnapshot.At"/>.</summary>
    public TimeSpan Now => time.GetElapsedTime(started);

    /// <summary>The cgroup that would be counted now; null with the reason when there is none.</summary>
    /// <param name="told">The setting; null looks for the pods' one.</param>
    /// <param name="reason">Where it was sought.</param>
    public static string? FindRoot(string? told, out string reason) => new TrafficSystem(null).FindRoot(told, out reason);

    /// <summary>Collects at once, then walks and collects until disposed.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Asks for a collection now; at most one a second happens.</summary>
    public void RequestCollection() => Volatile.Read(ref asked).TrySetResult();

    /// <summary>Reads once more and lets go of everything in the kernel.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        collector.Dispose();
        stop.Dispose();
    }

    private static TaskCompletionSource NotAsked() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        long last = time.GetTimestamp();
        collected(collector.Collect());
        while (!stop.IsCancellationRequested)
        {
            TimeSpan since = time.GetElapsedTime(last);
            bool wanted = asked.Task.IsCompleted;
            TimeSpan due = (wanted ? LeastPause : options.Interval) - since;
            if (due <= TimeSpan.Zero)
            {
                // Before it begins: whoever asks from here on is answered by the next one.
                Volatile.Write(ref asked, NotAsked());
                last = time.GetTimestamp();
                collected(collector.Collect());
                continue;
            }

            if (!await WaitAsync(due < options.WalkInterval ? due : options.WalkInterval, wanted ? null : asked.Task)) return;
            collector.Walk();
        }
    }

    /// <summary>Waits for the time, or until somebody asks. False when it is over.</summary>
    private async Task<bool> WaitAsync(TimeSpan pause, Task? ask)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        Task timer = Task.Delay(pause, time, cancel.Token);
        await Task.WhenAny(timer, ask ?? timer);
        await cancel.CancelAsync();
        return !stop.IsCancellationRequested;
    }
}
