using Microsoft.Extensions.Logging;
using Scout.Server.Logging;

namespace Scout.Server.MachineDirectory;

/// <summary>
/// Keeps the machines of the node those of the directory (machines.md 4.2): woken by inotify, every 10 s in any case, and by SIGHUP; changes are
/// gathered until 250 ms are quiet, 2 s at most, and given on as one batch; files changed less than 250 ms ago are left for the next. Reads off the loop.
/// </summary>
internal sealed class DirectoryWatch : IAsyncDisposable
{
    public static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(250);
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Rescan = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Hash = TimeSpan.FromMinutes(5);

    private readonly string root;
    private readonly string[] files;
    private readonly DefinitionCatalog catalog;
    private readonly Action<DefinitionChange> apply;
    private readonly Action looked;
    private readonly Action<Exception> failed;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly HashSet<string> blind = new(StringComparer.Ordinal);
    private TaskCompletionSource signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private List<TaskCompletionSource> asked = [];
    private FolderNotifier? notifier;
    private long hashedAt;
    private Task? running;

    /// <param name="root">Absolute folder.</param>
    /// <param name="files">Other files that <c>looked</c> reads; empty names count for nothing.</param>
    /// <param name="catalog">Has been read once already.</param>
    /// <param name="apply">Takes each batch; posts it to the loop.</param>
    /// <param name="looked">Called at each look, for other files that are read anew.</param>
    /// <param name="failed">Takes what a look died of; the next one comes all the same.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Category <c>machines</c>.</param>
    public DirectoryWatch(string root, IEnumerable<string> files, DefinitionCatalog catalog, Action<DefinitionChange> apply, Action looked, Action<Exception> failed, TimeProvider time, ILogger log)
    {
        this.root = root;
        this.files = [.. files.Where(file => file.Length > 0)];
        this.catalog = catalog;
        this.apply = apply;
        this.looked = looked;
        this.failed = failed;
        this.time = time;
        this.log = log;
    }

    /// <param name="notify">False: no inotify, as where the system has none left.</param>
    public void Start(bool notify = true)
    {
        hashedAt = time.GetTimestamp();
        if (notify)
        {
            notifier = FolderNotifier.Start(root, files, Touched, out string reason);
            if (notifier is null) LogMessages.NoNotification(log, root, reason);
        }

        running = RunAsync();
    }

    /// <summary>Something changed; look soon.</summary>
    public void Touched()
    {
        lock (gate) signal.TrySetResult();
    }

    /// <summary>SIGHUP: look at once, at contents too. Ends when the batch, if there was one, has been given on.</summary>
    public Task ReloadAsync()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            asked.Add(done);
            signal.TrySetResult();
        }

        return done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        notifier?.Dispose();
        if (running is not null) await running;
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                bool woken = await WaitAsync(Rescan);
                List<TaskCompletionSource> now = Asked();
                try
                {
                    if (now.Count == 0 && (woken || catalog.LooksChanged())) await GatherAsync();
                    Look(asked: now.Count > 0);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    // A defect, or a file system that answers in a way nobody foresaw: what runs goes on, and so must the looking.
                    failed(error);
                }

                if (catalog.Moving) Touched();
                foreach (TaskCompletionSource one in now) one.TrySetResult();
            }
        }
        catch (OperationCanceledException)
        {
            foreach (TaskCompletionSource one in Asked()) one.TrySetCanceled();
        }
    }

    private List<TaskCompletionSource> Asked()
    {
        lock (gate)
        {
            List<TaskCompletionSource> now = asked;
            asked = [];
            return now;
        }
    }

    private async Task GatherAsync()
    {
        long began = time.GetTimestamp();
        TimeSpan left = Longest;
        while (left > TimeSpan.Zero && await WaitAsync(left < Quiet ? left : Quiet)) left = Longest - time.GetElapsedTime(began);
    }

    /// <summary>True when something was touched before the time was over.</summary>
    private async Task<bool> WaitAsync(TimeSpan atMost)
    {
        Task touched;
        lock (gate) touched = signal.Task;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        Task pause = Task.Delay(atMost, time, over.Token);
        await Task.WhenAny(touched, pause);
        stop.Token.ThrowIfCancellationRequested();
        await over.CancelAsync();
        lock (gate)
        {
            if (!signal.Task.IsCompleted) return false;
            signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    /// <param name="asked">Somebody says that all is written: nothing is left for later.</param>
    private void Look(bool asked)
    {
        bool hash = asked;
        if (time.GetElapsedTime(hashedAt) >= Hash) hash = true;
        if (hash) hashedAt = time.GetTimestamp();
        notifier?.Renew();
        DefinitionChange? change = catalog.Read(hash, asked ? long.MaxValue : ((time.GetUtcNow() - Quiet) - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick);
        TellBlind();
        if (change is not null) apply(change);
        looked();
    }

    private void TellBlind()
    {
        foreach ((string folder, string reason) in catalog.Blind)
        {
            if (blind.Add(folder)) LogMessages.FolderUnreadable(log, folder, reason);
        }

        foreach (string folder in blind.Where(folder => !catalog.Blind.Any(one => one.Key == folder)).ToArray())
        {
            blind.Remove(folder);
            LogMessages.FolderReadable(log, folder);
        }
    }
}
