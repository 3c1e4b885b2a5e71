using Scout.Checks;
using Scout.Checks.Output;
using Scout.Checks.Probes;
using Scout.Machines.Definitions;
using Scout.Machines.Runs;

namespace Scout.Server.Runs;

/// <summary>Translates between the room that runs and the room that judges.</summary>
internal static class RunOutcomes
{
    /// <summary>Longest text that events of watchers carry, in characters (machines.md section 8).</summary>
    public const int RawOutputLimit = 4096;

    /// <summary>What a plugin's result means for the machine that asked.</summary>
    public static RunOutcome Of(RunRequest request, PluginResult result)
    {
        bool own = result.Reason is "exit" or "bad_exit";
        string raw = result.Stdout.Length == 0 && !own ? result.Detail : result.Stdout;
        // What a plugin says has to fit into an event; data and numbers of other watchers are taken from stdout itself.
        bool cut = false;
        if (request.Kind == RunKind.Plugin && OutputFit.Within(result.Output, OutputFit.EventBudget, out cut) is var fitted && cut) result = result with { Output = fitted };
        // A plugin that prints its environment must not take a password into events, logs and files.
        IReadOnlyList<string> secrets = SecretText.Of(request.Environment);
        return new RunOutcome
        {
            Id = request.Id,
            Status = (Machines.CheckStatus)(int)result.Status,
            Reason = result.Reason,
            Output = Without(Of(result), secrets),
            ExitCode = result.ExitCode,
            Signal = result.Signal,
            StartedAt = result.StartedAt,
            Duration = result.Duration,
            RawOutput = request.Kind == RunKind.Plugin ? "" : Cut(SecretText.Without(raw, secrets), RawOutputLimit),
            Stdout = request.Kind == RunKind.Plugin ? null : result.Stdout,
            Truncated = result.Truncated || cut,
        };
    }

    /// <summary>What a probe's result means for the machine that asked.</summary>
    public static RunOutcome Of(RunRequest request, ProbeResult result) => new()
    {
        Id = request.Id,
        Status = (Machines.CheckStatus)(int)result.Status,
        Reason = ProbeReasons.Name(result.Reason),
        Output = new RunOutput(result.Summary, result.Detail, Of(result.PerfData), 0, ""),
        StartedAt = result.StartedAt,
        Duration = result.Duration,
        Facts = result.Facts,
    };

    /// <summary>A run that could not be made, or was answered without one.</summary>
    public static RunOutcome Failed(RunRequest request, string reason, string text, DateTimeOffset now) => new()
    {
        Id = request.Id,
        Status = Machines.CheckStatus.Unknown,
        Reason = reason,
        Output = RunOutput.None with { Text = text },
        StartedAt = now,
        RawOutput = Cut(text, RawOutputLimit),
        Stdout = request.Kind is RunKind.Plugin or RunKind.Probe ? null : "",
    };

    /// <summary>Text and numbers as machines keep them. What went wrong in starting is the text when nothing could be printed.</summary>
    public static RunOutput Of(PluginResult result)
    {
        PluginOutput output = result.Output;
        string text = output.Text;
        if (result.Reason != "exit" && result.Detail.Length > 0) text = text is "" or "(no output)" ? result.Detail : $"{result.Detail}: {text}";
        return Of(output) with { Text = text };
    }

    /// <summary>The same of text alone.</summary>
    public static RunOutput Of(PluginOutput output) =>
        new(output.Text, output.LongText, Of(output.PerfData), output.PerfDataErrors.Count, output.Stderr);

    private static RunOutput Without(RunOutput output, IReadOnlyList<string> secrets) => secrets.Count == 0 ? output : output with
    {
        Text = SecretText.Without(output.Text, secrets),
        LongText = SecretText.Without(output.LongText, secrets),
        Stderr = SecretText.Without(output.Stderr, secrets),
    };

    private static PerfDatum[] Of(IReadOnlyList<PerfDataItem> items)
    {
        if (items.Count == 0) return [];
        var numbers = new PerfDatum[items.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            PerfDataItem item = items[i];
            numbers[i] = new PerfDatum(item.Label, item.Value, item.Unit, item.Raw);
        }

        return numbers;
    }

    private static string Cut(string text, int limit)
    {
        if (text.Length <= limit) return text;
        return char.IsHighSurrogate(text[limit - 1]) ? text[..(limit - 1)] : text[..limit];
    }
}
