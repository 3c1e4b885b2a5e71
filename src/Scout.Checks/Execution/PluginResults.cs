using Scout.Checks.Execution.Native;
using Scout.Checks.Output;

namespace Scout.Checks.Execution;

/// <summary>Makes results: the table of plugins.md section 3.</summary>
internal static class PluginResults
{
    private static readonly PluginOutput Nothing = new() { Text = PluginOutputReader.NoOutput };

    public static PluginResult NotStarted(PluginRun run, TimeSpan duration)
    {
        StartProblem problem = run.Problem ?? StartProblem.Cancelled;
        return new PluginResult
        {
            Status = CheckStatus.Unknown,
            Reason = problem.Reason,
            Cause = problem.Cause,
            Errno = problem.Error == 0 ? null : Errno.Name(problem.Error),
            Detail = problem.Detail,
            Output = Nothing,
            Stdout = "",
            StartedAt = run.StartedAt,
            Duration = duration,
        };
    }

    /// <summary>The process outlived KILL, or its start has not come back.</summary>
    public static PluginResult Stuck(PluginRun run, TimeSpan duration, string cause, string detail) => WithOutput(run) with
    {
        Reason = "stuck",
        Cause = cause,
        Detail = detail,
        Pid = run.Pid == 0 ? null : run.Pid,
        Duration = duration,
    };

    /// <summary>The leader has ended and was reaped.</summary>
    /// <param name="ownPeak">Peak memory of this process: the kernel counts it into a child's peak until the exec.</param>
    public static PluginResult Ended(PluginRun run, TimeSpan duration, in WaitStatus status, bool leftovers, long ownPeak)
    {
        int? code = status.Exited ? status.ExitCode : null;
        string? signal = status.Exited ? null : Signals.Name(status.Signal);
        (CheckStatus check, string reason, string detail) = run.Ending is { } ending
            ? (CheckStatus.Unknown, ending, EndedByUs(run, ending, code, signal))
            : Own(code, signal, status.CoreDumped);
        return WithOutput(run) with
        {
            Status = check,
            Reason = reason,
            Detail = detail,
            ExitCode = code,
            Signal = signal,
            CoreDumped = !status.Exited && status.CoreDumped,
            Pid = run.Pid,
            Duration = duration,
            CpuTime = TimeSpan.FromTicks(status.CpuTicks),
            PeakMemory = status.PeakBytes > ownPeak ? status.PeakBytes : 0,
            Leftovers = leftovers,
        };
    }

    public static PluginResult Lost(PluginRun run, TimeSpan duration, int error) => WithOutput(run) with
    {
        Reason = "lost",
        Errno = Errno.Name(error),
        Detail = "the exit status was taken by somebody else: SIGCHLD is ignored, or other code of this process waits for children",
        Pid = run.Pid,
        Duration = duration,
    };

    private static (CheckStatus Status, string Reason, string Detail) Own(int? code, string? signal, bool core) => code switch
    {
        >= 0 and <= 3 => ((CheckStatus)code, "exit", ""),
        126 => (CheckStatus.Unknown, "bad_exit", "exit code 126: its shell found a command that may not be executed"),
        127 => (CheckStatus.Unknown, "bad_exit", "exit code 127: its shell did not find a command; the PATH is " + PluginExecutorOptions.SystemPath),
        not null => (CheckStatus.Unknown, "bad_exit", $"exit code {code}; a plugin ends with 0, 1, 2 or 3"),
        null => (CheckStatus.Unknown, "signal", $"ended by {signal}{(core ? " (core dumped)" : "")}"),
    };

    private static string EndedByUs(PluginRun run, string ending, int? code, string? signal)
    {
        string how = code is null ? $"ended by {signal}" : $"then exited with {code}";
        string refused = run.SignalRefused ? "; it may not be signalled (EPERM)" : "";
        return ending switch
        {
            "timeout" => $"no exit within {run.Timeout.TotalSeconds:0.###} s; {how}{refused}",
            "output_limit" => $"more than {Reactor.OutputLimit} bytes of output; {how}{refused}",
            _ => how + refused,
        };
    }

    private static PluginResult WithOutput(PluginRun run)
    {
        string stdout = PluginText.Decode(run.Stdout.Kept, run.Stdout.Truncated);
        string stderr = PluginText.Decode(run.Stderr.Kept, run.Stderr.Truncated);
        return new PluginResult
        {
            Status = CheckStatus.Unknown,
            Reason = "",
            Output = PluginOutputReader.Read(stdout, run.Stdout.Truncated, stderr),
            Stdout = stdout,
            StartedAt = run.StartedAt,
            BytesPrinted = run.Stdout.Total + run.Stderr.Total,
            Truncated = run.Stdout.Truncated,
            StderrTruncated = run.Stderr.Truncated,
        };
    }
}
