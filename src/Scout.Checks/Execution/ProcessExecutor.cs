using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Scout.Checks.Commands;
using Scout.Checks.Execution.Native;
using Scout.Checks.Output;

namespace Scout.Checks.Execution;

/// <summary>
/// Runs plugins with <see cref="Process"/>, for developers on systems other than Linux (plugins.md section 10). Keeps argv, environment, trust, caps, the
/// drain rule, deadlines and parsers. Lacks group kill, default SIGPIPE, signal names (exit 128+n instead), resource usage, care for orphans, and
/// <c>stuck</c>; costs 4 to 8 times the CPU: not for production.
/// </summary>
public sealed class ProcessExecutor : IPluginExecutor
{
    private const int MaxStderr = 8 * 1024;
    private static readonly TimeSpan Drain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Stage = TimeSpan.FromSeconds(1);

    private readonly PluginExecutorOptions options;
    private readonly ReactorCounters counters = new();
    private readonly ProgramSearch search;
    private readonly TrustRule trust;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly HashSet<Task> open = [];
    private readonly string instance;
    private long number;
    private int started;

    public ProcessExecutor(PluginExecutorOptions options)
    {
        this.options = options;
        search = new ProgramSearch(options.PluginPath);
        uint user = Libc.geteuid();
        trust = new TrustRule(user, user == 0, ProcessSetup.Numbers(options.PluginOwners), path => options.Observer?.Notice(
            new PluginExecutorNotice(PluginExecutorNoticeKind.GroupWritable, $"{path} may be written by its group")));
        instance = options.Instance.Length > 0 ? options.Instance : $"{Environment.ProcessId:x}-{options.Time.GetUtcNow().ToUnixTimeMilliseconds():x}";
        options.Observer?.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.Degraded,
            "plugins run through the portable executor: no process groups, no care for orphans, 4 to 8 times the CPU; for development only"));
    }

    public PluginExecutorCounters Counters
    {
        get
        {
            lock (gate) return counters.Snapshot(started, 0);
        }
    }

    public IPluginRun Start(PluginRequest request, object? state, Action<PluginResult, object?> completed)
    {
        var run = new Run(stop.Token);
        Interlocked.Increment(ref started);
        var task = Task.Run(() => RunAsync(request, run, state, completed), CancellationToken.None);
        lock (gate) open.Add(task);
        _ = task.ContinueWith(Forget, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return run;
    }

    public async ValueTask DisposeAsync()
    {
        Task[] all;
        lock (gate) all = [.. open];
        var running = Task.WhenAll(all);
        await Task.WhenAny(running, Task.Delay(options.ShutdownGrace, options.Time)).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await running.ConfigureAwait(false);
        stop.Dispose();
    }

    private void Forget(Task task)
    {
        lock (gate) open.Remove(task);
    }

    private async Task RunAsync(PluginRequest request, Run run, object? state, Action<PluginResult, object?> completed)
    {
        DateTimeOffset wall = options.Time.GetUtcNow();
        long from = options.Time.GetTimestamp();
        PluginResult result;
        try
        {
            string path = "";
            StartProblem? problem = run.Token.IsCancellationRequested ? StartProblem.Cancelled : Prepare(request, out path);
            result = problem is null ? await WatchAsync(request, path, run).ConfigureAwait(false) : NotStarted(problem);
        }
        catch (Win32Exception exception)
        {
            result = NotStarted(StartProblem.FromErrno(exception.NativeErrorCode, request.Words[0]));
        }
        catch (Exception exception)
        {
            result = NotStarted(StartProblem.Spawn("other", 0, $"{request.Words[0]}: {exception.Message}"));
        }

        result = result with { StartedAt = wall, Duration = options.Time.GetElapsedTime(from) };
        lock (gate) counters.Count(result);
        try
        {
            completed(result, state);
        }
        catch (Exception exception)
        {
            options.Observer?.Notice(new PluginExecutorNotice(PluginExecutorNoticeKind.CallbackFailed, $"taking a result failed: {exception}", request.Owner));
        }
    }

    private unsafe StartProblem? Prepare(PluginRequest request, out string path)
    {
        path = "";
        if (!CommandLine.TryValidate(request.Words, out CommandError error)) return StartProblem.BadCommand($"{error.Message}; {error.Hint}");
        if (request.User is { } user) return StartProblem.Refused($"{request.Words[0]} cannot run as user {user.Name}: {PluginExecutors.CannotRunAsOthers(process: true)}");
        for (int index = 0; index < request.Environment.Count; index++)
        {
            (string name, string value) = request.Environment[index];
            if (name.Length == 0 || name.AsSpan().IndexOfAny('=', '\0') >= 0 || value.Contains('\0'))
            {
                return StartProblem.BadCommand($"environment variable {index + 1} has no valid name, or a NUL in its value");
            }
        }

        if (!Directory.Exists(request.Directory)) return SpawnDiagnosis.BadFolder(request.Directory, Errno.ENOENT);
        using var arena = new NativeArena();
        byte* found = search.Find(request, arena, static _ => true, out StartProblem? problem);
        if (found == null) return problem;
        path = Marshal.PtrToStringUTF8((nint)found)!;
        return trust.Check(found);
    }

    private async Task<PluginResult> WatchAsync(PluginRequest request, string path, Run run)
    {
        var start = new ProcessStartInfo(path)
        {
            WorkingDirectory = request.Directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        for (int index = 1; index < request.Words.Count; index++) start.ArgumentList.Add(request.Words[index]);
        start.Environment.Clear();
        start.Environment["SCOUT_RUN"] = $"{instance}.{Interlocked.Increment(ref number)}{(request.KeepLeftovers ? ".keep" : "")}";
        foreach ((string name, string value) in request.Environment) start.Environment[name] = value;

        using Process process = Process.Start(start) ?? throw new InvalidOperationException("nothing was started");
        process.StandardInput.Close();
        using var reading = new CancellationTokenSource();
        var output = new Captured(Math.Clamp(options.MaxOutput, 1024, 1024 * 1024), MaxStderr);
        var readers = Task.WhenAll(output.ReadAsync(process.StandardOutput.BaseStream, isOut: true, reading.Token),
            output.ReadAsync(process.StandardError.BaseStream, isOut: false, reading.Token));
        Task exit = process.WaitForExitAsync(CancellationToken.None);

        string? ending = await EndingAsync(request.Timeout, exit, output.Overflow, run).ConfigureAwait(false);
        if (ending is not null) await EndAsync(process, exit).ConfigureAwait(false);
        await Task.WhenAny(readers, Task.Delay(Drain, options.Time)).ConfigureAwait(false);
        await reading.CancelAsync().ConfigureAwait(false);
        if (!exit.IsCompleted) return output.Result(CheckStatus.Unknown, "stuck", $"pid {process.Id} is still there after KILL", null, process.Id);
        int code = process.ExitCode;
        if (ending is not null) return output.Result(CheckStatus.Unknown, ending, $"ended by the executor; exit code {code}", code, process.Id);
        if (output.TooMuch) return output.Result(CheckStatus.Unknown, "output_limit", $"more than {Reactor.OutputLimit} bytes of output", code, process.Id);
        return code is >= 0 and <= 3
            ? output.Result((CheckStatus)code, "exit", "", code, process.Id)
            : output.Result(CheckStatus.Unknown, "bad_exit", $"exit code {code}; a plugin ends with 0, 1, 2 or 3 (128 and more: a signal)", code, process.Id);
    }

    private async Task<string?> EndingAsync(TimeSpan timeout, Task exit, Task overflow, Run run)
    {
        Task deadline = ElapseAsync(timeout);
        Task first = await Task.WhenAny(exit, overflow, deadline, run.Cancelled).ConfigureAwait(false);
        if (first == exit) return null;
        return first == overflow ? "output_limit" : first == deadline ? "timeout" : "cancelled";
    }

    /// <summary>Ends when the whole time has passed: a timer of the runtime goes by a coarser clock and may fire some milliseconds early.</summary>
    private async Task ElapseAsync(TimeSpan timeout)
    {
        long from = options.Time.GetTimestamp();
        for (TimeSpan left = timeout; left > TimeSpan.Zero; left = timeout - options.Time.GetElapsedTime(from))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), options.Time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(Process process, Task exit)
    {
        _ = Libc.kill(process.Id, Signals.Term);
        if (await Task.WhenAny(exit, Task.Delay(Stage, options.Time)).ConfigureAwait(false) == exit) return;
        process.Kill(entireProcessTree: true);
        await Task.WhenAny(exit, Task.Delay(Stage, options.Time)).ConfigureAwait(false);
    }

    private static PluginResult NotStarted(StartProblem problem) => new()
    {
        Status = CheckStatus.Unknown,
        Reason = problem.Reason,
        Cause = problem.Cause,
        Errno = problem.Error == 0 ? null : Errno.Name(problem.Error),
        Detail = problem.Detail,
        Output = new PluginOutput { Text = PluginOutputReader.NoOutput },
        Stdout = "",
    };

    private sealed class Run : IPluginRun
    {
        private readonly CancellationTokenSource source;
        private readonly TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Run(CancellationToken stop)
        {
            source = CancellationTokenSource.CreateLinkedTokenSource(stop);
            source.Token.Register(() => cancelled.TrySetResult());
        }

        public CancellationToken Token => source.Token;

        public Task Cancelled => cancelled.Task;

        public void Cancel() => source.Cancel();
    }

    /// <summary>Output within its caps, read by two loops.</summary>
    private sealed class Captured(int maxOutput, int maxStderr)
    {
        private readonly Lock gate = new();
        private readonly TaskCompletionSource overflow = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private OutputBuffer stdout = new(maxOutput);
        private OutputBuffer stderr = new(maxStderr);

        public Task Overflow => overflow.Task;

        public bool TooMuch => Overflow.IsCompleted;

        public async Task ReadAsync(Stream stream, bool isOut, CancellationToken cancel)
        {
            byte[] buffer = new byte[8192];
            try
            {
                int got;
                while ((got = await stream.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
                {
                    lock (gate)
                    {
                        if (isOut) stdout.Append(buffer.AsSpan(0, got));
                        else stderr.Append(buffer.AsSpan(0, got));
                        if (stdout.Total + stderr.Total > Reactor.OutputLimit) overflow.TrySetResult();
                    }
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or ObjectDisposedException)
            {
                // Somebody else holds the pipe, and we wait no longer.
            }
        }

        public PluginResult Result(CheckStatus status, string reason, string detail, int? code, int pid)
        {
            lock (gate)
            {
                string text = PluginText.Decode(stdout.Kept, stdout.Truncated);
                string errors = PluginText.Decode(stderr.Kept, stderr.Truncated);
                return new PluginResult
                {
                    Status = status,
                    Reason = reason,
                    Detail = detail,
                    Output = PluginOutputReader.Read(text, stdout.Truncated, errors),
                    Stdout = text,
                    ExitCode = code,
                    Pid = pid,
                    BytesPrinted = stdout.Total + stderr.Total,
                    Truncated = stdout.Truncated,
                    StderrTruncated = stderr.Truncated,
                };
            }
        }
    }
}
