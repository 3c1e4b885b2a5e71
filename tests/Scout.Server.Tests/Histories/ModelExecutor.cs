using Scout.Checks;
using Scout.Checks.Output;

namespace Scout.Server.Tests.Histories;

/// <summary>Runs that take virtual time and end as the mood of their machine is: moods last, so that beliefs are reached as well as doubts.</summary>
internal sealed class ModelExecutor(TimeProvider time, Random random, Dictionary<string, int> moods, HistoryChecker checker) : IPluginExecutor
{
    private readonly HistoryChecker checker = checker;
    private readonly List<Run> running = [];

    /// <summary>Monotonic timestamp of the next end; <see cref="long.MaxValue"/> for none.</summary>
    public long NextEnd => running.Count == 0 ? long.MaxValue : running.Min(run => run.Ends);

    public IPluginRun Start(PluginRequest request, object? state, Action<PluginResult, object?> completed)
    {
        checker.Started(request.Owner, counted: request.Words[0] == History.Mend);
        int mood = moods.GetValueOrDefault(request.Owner);
        if (random.Next(6) == 0) mood = moods[request.Owner] = random.Next(5);
        TimeSpan takes = TimeSpan.FromMilliseconds(random.Next(10) == 0 ? random.Next(8_000) : random.Next(200));
        bool late = takes >= request.Timeout || random.Next(50) == 0;
        var run = new Run(this, request.Owner, time.GetTimestamp() + (late ? request.Timeout : takes).Ticks, late ? -1 : Math.Min(mood, 3), result => completed(result, state));
        running.Add(run);
        return run;
    }

    /// <summary>Ends what is due.</summary>
    /// <returns>How many ended.</returns>
    public int EndDue()
    {
        long now = time.GetTimestamp();
        Run[] due = [.. running.Where(run => run.Ends <= now)];
        foreach (Run run in due) run.End();
        return due.Length;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Run(ModelExecutor owner, string machine, long ends, int code, Action<PluginResult> completed) : IPluginRun
    {
        public long Ends => ends;

        public void Cancel() => End("cancelled");

        public void End() => End(code < 0 ? "timeout" : "exit");

        private void End(string reason)
        {
            if (!owner.running.Remove(this)) return;
            owner.checker.Ended(machine);
            string text = $"{machine} says {code}";
            completed(new PluginResult
            {
                Status = reason == "exit" ? (CheckStatus)code : CheckStatus.Unknown,
                Reason = reason,
                Output = new PluginOutput { Text = text },
                Stdout = text,
                ExitCode = reason == "exit" ? code : null,
            });
        }
    }
}
