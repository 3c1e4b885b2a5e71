using System.Collections.Immutable;
using Scout.Machines.Definitions;

namespace Scout.Machines.Analysis;

/// <summary>What a definition means: every default filled in, where each value comes from, what will run, and when (machines.md 11.3). Pure.</summary>
public static class MachineExplain
{
    /// <summary>Explains one machine.</summary>
    /// <param name="file">Good, and read with <see cref="DefinitionReaderOptions.KeepSource"/>; else every value counts as default.</param>
    /// <param name="machine">One of its machines.</param>
    /// <param name="options">What is known beside the file.</param>
    public static MachineExplanation Explain(DefinitionFile file, MachineDefinition machine, ExplainOptions options)
    {
        var source = new SourceMap(file, machine);
        ExpandedYaml yaml = ExpandedYaml.Write(machine, source);
        return new MachineExplanation
        {
            Machine = machine,
            Yaml = yaml.Text,
            Origins = yaml.Origins,
            Table = Table(machine.Table),
            Commands = [.. machine.Watchers.Select(watcher => Command(machine, watcher, options)).OfType<ExplainedCommand>()],
            Due = options.Node is null ? [] : DueTimes.Of(machine, options.Node, options.Now, options.TimeZone),
            Windows = Windows(machine, options.Now),
            Findings = [.. file.Findings, .. MachineLint.Check(file, machine, options.Syntax)],
        };
    }

    private static ExplainedTable Table(StateTable table)
    {
        var rows = ImmutableArray.CreateBuilder<ExplainedRow>();
        foreach (IGrouping<string, Transition> named in table.Transitions.GroupBy(transition => transition.Name))
        {
            rows.Add(new ExplainedRow(
                named.Key, [.. table.States.Select(state => table.Find(state, named.Key)?.Destination)],
                named.Select(transition => transition.Description).FirstOrDefault(text => text.Length > 0) ?? ""));
        }

        return new ExplainedTable(table.States, rows.ToImmutable());
    }

    private static ExplainedCommand? Command(MachineDefinition machine, WatcherDefinition watcher, ExplainOptions options)
    {
        CommandTemplate? command = watcher switch
        {
            NagiosWatcher { Subject: PluginSubject plugin } => plugin.Command,
            ExecWatcher exec => exec.Command,
            MetricWatcher metric => metric.Command,
            _ => null,
        };
        if (command is null) return null;
        var scope = new TemplateScope(machine.Name, options.Facts, default, options.Overrides);
        var argv = ImmutableArray.CreateBuilder<string>(command.Words.Length);
        string? error = null;
        foreach (TextTemplate word in command.Words)
        {
            word.TryExpand(scope, out string value, out string? missing);
            argv.Add(value);
            error ??= missing;
        }

        return new ExplainedCommand(watcher.Name, SecretText.Words(argv), error);
    }

    private static ImmutableArray<ExplainedWindow> Windows(MachineDefinition machine, DateTimeOffset now)
    {
        var openings = new List<ExplainedWindow>();
        foreach (MaintenanceWindow window in machine.MaintenanceWindows)
        {
            if (window.IsOpen(now, out DateTimeOffset end)) openings.Add(new ExplainedWindow(now.ToUniversalTime(), end, window.TimeZone.Id, window.Reason, Open: true));
            DateTimeOffset after = now;
            for (int i = 0; i < 3 && window.NextOpening(after) is { } opening; i++)
            {
                openings.Add(new ExplainedWindow(opening, opening + window.Duration, window.TimeZone.Id, window.Reason, Open: false));
                after = opening;
            }
        }

        return [.. openings.OrderBy(opening => opening.Opens)];
    }
}
