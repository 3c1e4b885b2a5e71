using Scout.Machines.Definitions;
using Scout.Machines.Definitions.Yaml;
using Scout.Machines.Timing;

namespace Scout.Machines.Analysis;

/// <summary>Single values that are allowed and odd.</summary>
internal static class ValueLint
{
    public static void Check(MachineDefinition machine, SourceMap source, IDefinitionSyntax syntax, FindingList findings)
    {
        if (!machine.IsShortForm && !IsSemantic(machine.Version))
        {
            (int line, int column) = source.Key("version");
            findings.Add(line, column, Severity.Note, FindingKind.NoSemver, $"the version '{machine.Version}' is not semantic", "such as 1.0.0");
        }

        for (int i = 0; i < machine.Watchers.Length; i++)
        {
            WatcherDefinition watcher = machine.Watchers[i];
            SlowTimeout(watcher, source, i, findings);
            Shell(watcher, source, i, syntax, findings);
        }
    }

    private static void SlowTimeout(WatcherDefinition watcher, SourceMap source, int index, FindingList findings)
    {
        // The interval of an exec counts from its last start: a long run delays the next one and skips nothing.
        TimeSpan? timeout = watcher switch
        {
            NagiosWatcher check => check.Timeout,
            MetricWatcher metric => metric.Timeout,
            _ => null,
        };

        // Only when given: the default of a quick check is not the author's choice.
        if (timeout is not { } long1 || watcher.Interval is not { } interval || long1 <= interval || source.Properties(index).Find("timeout") is not { } node) return;
        (int line, int column) = source.At(node);
        findings.Add(
            line, column, Severity.Warning, FindingKind.SlowTimeout,
            $"the timeout {DurationText.Format(long1)} is longer than the interval {DurationText.Format(interval)}", "a hanging run then skips ticks; shorten it");
    }

    /// <summary>Programs that are not there, at the commands that name them. What a template will name is not known here.</summary>
    public static void Programs(DefinitionFile file, MachineDefinition machine, SourceMap source, ProgramLook look, FindingList findings)
    {
        for (int i = 0; i < machine.Watchers.Length; i++)
        {
            (CommandTemplate? command, string key) = Command(machine.Watchers[i]);
            if (command is null || !command.Words[0].IsLiteral || look(file, command.Words[0].Source) is not var (problem, hint)) continue;
            YamlNode? node = source.Properties(i).Find(key);
            (int line, int column) = source.At(node is YamlList { Items: [{ } first, ..] } ? first : node);
            findings.Add(line, column, Severity.Warning, FindingKind.BadCommand, problem, hint);
        }
    }

    private static (CommandTemplate? Command, string Key) Command(WatcherDefinition watcher) => watcher switch
    {
        NagiosWatcher { Subject: PluginSubject plugin } => (plugin.Command, "plugin"),
        ExecWatcher exec => (exec.Command, "command"),
        MetricWatcher metric => (metric.Command, "command"),
        _ => (null, ""),
    };

    private static void Shell(WatcherDefinition watcher, SourceMap source, int index, IDefinitionSyntax syntax, FindingList findings)
    {
        (CommandTemplate? command, string key) = Command(watcher);

        // A list is word for word what was meant.
        if (command is null || source.Properties(index).Find(key) is not YamlScalar text) return;
        IReadOnlyList<string> operators = syntax.ShellOperators(text.Text);
        if (operators.Count == 0) return;
        (int line, int column) = source.At(text);
        findings.Add(
            line, column, Severity.Warning, FindingKind.ShellSyntax, $"{string.Join(", ", operators.Take(5).Select(Show.Quote))} reaches the program as a word: there is no shell",
            "quote it, or write [/bin/sh, -c, \"...\"]");
    }

    /// <summary>Semantic versioning 2.0.0: three numbers without leading zeros, then <c>-pre</c> and <c>+build</c>.</summary>
    internal static bool IsSemantic(string version)
    {
        int plus = version.IndexOf('+', StringComparison.Ordinal);
        if (plus >= 0 && !Identifiers(version[(plus + 1)..], strict: false)) return false;
        string core = plus < 0 ? version : version[..plus];
        int dash = core.IndexOf('-', StringComparison.Ordinal);
        if (dash >= 0 && !Identifiers(core[(dash + 1)..], strict: true)) return false;
        string[] numbers = (dash < 0 ? core : core[..dash]).Split('.');
        return numbers.Length == 3 && Array.TrueForAll(numbers, IsNumber);
    }

    private static bool Identifiers(string text, bool strict) => Array.TrueForAll(
        text.Split('.'), part => part.Length > 0 && !part.Contains('_', StringComparison.Ordinal) && !part.Contains('+', StringComparison.Ordinal)
            && (!strict || !part.All(char.IsAsciiDigit) || IsNumber(part)));

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');
}
