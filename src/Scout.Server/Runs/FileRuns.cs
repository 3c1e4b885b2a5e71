using Scout.Machines.Definitions;
using Scout.Machines.Runs;

namespace Scout.Server.Runs;

/// <summary>
/// Looks at files and mends managed ones on threads of their own, because even <c>stat</c> may hang for ever on a dead mount. At most
/// <see cref="Workers"/> threads; a look that does not come back in time is answered and its thread written off until it returns.
/// </summary>
internal sealed class FileRuns : IDisposable
{
    public const int Workers = 8;

    /// <summary>A look over this is a failure (machines.md section 8).</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    private readonly TimeProvider time;
    private readonly Func<string, ManagedFileRequest?, FileLook> look;
    private readonly Lock gate = new();
    private readonly Queue<Look> queue = new();
    private readonly SemaphoreSlim work = new(0);
    private int threads;
    private int idle;
    private bool closed;

    public FileRuns(TimeProvider time)
        : this(time, FileLooks.Look)
    {
    }

    /// <summary>With another way of looking, for tests.</summary>
    internal FileRuns(TimeProvider time, Func<string, ManagedFileRequest?, FileLook> look)
    {
        this.time = time;
        this.look = look;
    }

    /// <summary>Starts a look; the outcome comes exactly once, on another thread.</summary>
    public void Start(RunRequest request, Action<RunOutcome> completed)
    {
        var job = new Look(this, request, completed);
        job.Arm();
        lock (gate)
        {
            if (closed) return;
            queue.Enqueue(job);
            if (idle == 0 && threads < Workers)
            {
                threads++;
                new Thread(Serve, 128 * 1024) { IsBackground = true, Name = "scout-file" }.Start();
            }
        }

        work.Release();
    }

    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            queue.Clear();
        }

        work.Release(Workers);
    }

    private void Serve()
    {
        while (true)
        {
            lock (gate) idle++;
            bool woken = work.Wait(Idle);
            Look? job = null;
            lock (gate)
            {
                idle--;
                if (closed || (!woken && queue.Count == 0))
                {
                    threads--;
                    return;
                }

                if (queue.Count > 0) job = queue.Dequeue();
            }

            job?.Do();
        }
    }

    private sealed class Look(FileRuns owner, RunRequest request, Action<RunOutcome> completed)
    {
        private readonly long began = owner.time.GetTimestamp();
        private readonly DateTimeOffset startedAt = owner.time.GetUtcNow();
        private ITimer? timer;
        private int done;

        public void Arm() => timer = owner.time.CreateTimer(
            static state => ((Look)state!).Finish(new FileLook(false, 0, 0, 0, false, "no answer from the file system within 10 s"), "timeout"),
            this,
            Limit,
            Timeout.InfiniteTimeSpan);

        public void Do()
        {
            if (Volatile.Read(ref done) != 0) return;
            FileLook seen = owner.look(((FileWatcher)request.WatcherDefinition).Path, request.ManagedFile);
            Finish(seen, "exit");
        }

        private void Finish(FileLook seen, string reason)
        {
            if (Interlocked.Exchange(ref done, 1) != 0) return;
            timer?.Dispose();
            completed(new RunOutcome
            {
                Id = request.Id,
                Status = seen.Error.Length == 0 ? Machines.CheckStatus.Ok : Machines.CheckStatus.Unknown,
                Reason = reason,
                StartedAt = startedAt,
                Duration = owner.time.GetElapsedTime(began),
                File = seen,
                RawOutput = seen.Error,
            });
        }
    }
}
