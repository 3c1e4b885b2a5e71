using Scout.Machines.Runs;

namespace Scout.Machines.Simulated;

/// <summary>What a simulated run comes back with. Immutable, so one can serve a million runs.</summary>
public sealed record Answer
{
    public CheckStatus Status { get; init; }

    /// <summary>As in <see cref="RunOutcome.Reason"/>.</summary>
    public string Reason { get; init; } = "exit";

    public RunOutput Output { get; init; } = RunOutput.None;

    public int? ExitCode { get; init; }

    /// <summary>Everything printed, for <c>parse_as_data</c> and <c>metric</c>.</summary>
    public string Printed { get; init; } = "";

    /// <summary>How long the run takes; cut at the timeout of the run, which then is the outcome.</summary>
    public TimeSpan Takes { get; init; }

    /// <summary>How long it waits for a slot before that.</summary>
    public TimeSpan Waits { get; init; }

    public FileLook? File { get; init; }

    public static Answer Ok { get; } = Of(CheckStatus.Ok, "OK");

    public static Answer Warning { get; } = Of(CheckStatus.Warning, "WARNING");

    public static Answer Critical { get; } = Of(CheckStatus.Critical, "CRITICAL");

    public static Answer Unknown { get; } = Of(CheckStatus.Unknown, "UNKNOWN");

    /// <summary>Exit 0 of a command.</summary>
    public static Answer Success { get; } = Exit(0, "");

    /// <summary>Exit 1 of a command.</summary>
    public static Answer Failure { get; } = Exit(1, "");

    /// <summary>Never ends by itself: into the timeout.</summary>
    public static Answer Hang { get; } = new() { Takes = TimeSpan.MaxValue };

    public static Answer FileMissing { get; } = new() { File = new FileLook(false, 0, 0, 0, false, "no such file or directory") };

    public static Answer Of(CheckStatus status, string text) => new()
    {
        Status = status,
        ExitCode = (int)status,
        Output = new RunOutput(text, "", [], 0, ""),
        Printed = text,
    };

    /// <summary>A command that ended with an exit code.</summary>
    public static Answer Exit(int code, string printed) => new()
    {
        Status = code == 0 ? CheckStatus.Ok : CheckStatus.Unknown,
        Reason = code is >= 0 and <= 3 ? "exit" : "bad_exit",
        ExitCode = code,
        Output = new RunOutput(printed, "", [], 0, ""),
        Printed = printed,
    };

    /// <summary>A file that looks like this: another mark is a change.</summary>
    public static Answer FileLike(long mark) => new() { File = new FileLook(true, mark, mark, 1, false, "") };

    internal RunOutcome ToOutcome(RunRequest request, DateTimeOffset startedAt)
    {
        bool timedOut = Takes >= request.Timeout;
        if (request.Kind == RunKind.Probe) return ToProbe(request, startedAt, timedOut);
        return new RunOutcome
        {
            Id = request.Id,
            Status = timedOut ? CheckStatus.Unknown : Status,
            Reason = timedOut ? "timeout" : Reason,
            Output = Output,
            ExitCode = timedOut ? null : ExitCode,
            StartedAt = startedAt,
            Duration = timedOut ? request.Timeout : Takes,
            File = timedOut ? null : File,
            RawOutput = Printed,
            Stdout = request.Kind == RunKind.Plugin ? null : Printed,
        };
    }

    // A probe has no exit code, and a peer that does not answer in time is down: CRITICAL, not UNKNOWN (mesh.md section 1).
    private RunOutcome ToProbe(RunRequest request, DateTimeOffset startedAt, bool timedOut) => new()
    {
        Id = request.Id,
        Status = timedOut ? CheckStatus.Critical : Status,
        Reason = timedOut ? "timeout" : Status switch { CheckStatus.Ok => "ok", CheckStatus.Warning => "slow", CheckStatus.Critical => "refused", _ => "local" },
        Output = timedOut ? new RunOutput($"no answer within {Timing.DurationText.Format(request.Timeout)}", "", [], 0, "") : Output,
        StartedAt = startedAt,
        Duration = timedOut ? request.Timeout : Takes,
    };
}
