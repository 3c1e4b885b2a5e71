using System.Diagnostics.CodeAnalysis;
using Scout.Checks;
using Scout.Checks.Probes;
using Scout.Machines.Definitions;
using Scout.Machines.Runs;

namespace Scout.Server.Runs;

/// <summary>How a native subject that is no probe is looked at.</summary>
/// <param name="options">The <see cref="ProbeSubject.Options"/>.</param>
/// <param name="context">What probes have.</param>
/// <param name="forced">Somebody asked for it, by FORCE_CHECK.</param>
/// <param name="cancel">The run is not wanted any more.</param>
internal delegate ValueTask<ProbeResult> NativeLook(object options, ProbeContext context, bool forced, CancellationToken cancel);

/// <summary>
/// Runs the looks that the node makes itself, off the loop. Each start has one outcome, whatever the look does: one that does not keep its own deadline is
/// given up a little later.
/// </summary>
/// <param name="context">What probes need; its clock is that of the runs.</param>
internal sealed class ProbeRuns(ProbeContext context)
{
    /// <summary>How long after its deadline a look is waited for.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, NativeLook> others = new(StringComparer.Ordinal);

    public ProbeContext Context => context;

    /// <summary>Subjects beyond the probes, as <c>mesh</c>; before the first start.</summary>
    public void Register(string kind, NativeLook look) => others.Add(kind, look);

    /// <summary>Hears what each probe found; must be short and must not throw.</summary>
    public Action<ProbeOptions, ProbeResult>? Heard { get; set; }

    /// <summary>Starts a look; the outcome comes exactly once, on another thread: the callback must be short and must not throw.</summary>
    public IPluginRun Start(RunRequest request, Action<RunOutcome> completed)
    {
        var run = new Run(this, request, completed);
        ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
        return run;
    }

    private async ValueTask<ProbeResult> LookAsync(RunRequest request, CancellationToken cancel)
    {
        var subject = (ProbeSubject)((NagiosWatcher)request.WatcherDefinition).Subject;
        if (others.TryGetValue(subject.Kind, out NativeLook? look)) return await look(subject.Options, context, request.Forced, cancel);
        var probe = (ProbeOptions)subject.Options;
        ProbeResult result = await probe.RunAsync(context, cancel);
        Heard?.Invoke(probe, result);
        return result;
    }

    // Its source of cancellation has neither timer nor handle: there is nothing to give back, and Cancel may come at any time.
    [SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable")]
    private sealed class Run(ProbeRuns owner, RunRequest request, Action<RunOutcome> completed) : IPluginRun, IThreadPoolWorkItem
    {
        private readonly CancellationTokenSource cancel = new();
        private ITimer? guard;
        private int done;

        public void Cancel() => cancel.Cancel();

        public void Execute() => _ = RunAsync();

        private async Task RunAsync()
        {
            TimeProvider time = owner.Context.Time;
            guard = time.CreateTimer(static state => ((Run)state!).GiveUp(), this, request.Timeout + Grace, Timeout.InfiniteTimeSpan);
            try
            {
                Finish(RunOutcomes.Of(request, await owner.LookAsync(request, cancel.Token)));
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                Finish(RunOutcomes.Failed(request, "cancelled", "cancelled", time.GetUtcNow()));
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Finish(RunOutcomes.Failed(request, "local", $"{error.GetType().Name}: {error.Message}", time.GetUtcNow()));
            }
        }

        private void GiveUp() => Finish(RunOutcomes.Failed(
            request, "local", $"the probe did not end within {(request.Timeout + Grace).TotalSeconds:0.#} s; this is a defect of Scout", owner.Context.Time.GetUtcNow()));

        private void Finish(RunOutcome outcome)
        {
            if (Interlocked.Exchange(ref done, 1) != 0) return;
            guard?.Dispose();
            completed(outcome);
        }
    }
}
