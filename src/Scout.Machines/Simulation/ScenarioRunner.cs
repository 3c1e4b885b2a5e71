using System.Collections.Immutable;
using Scout.Machines.Definitions;

namespace Scout.Machines.Simulated;

/// <summary>Runs the scenarios of a file in virtual time: no process, no network, the code of the node (machines.md 11.1). Pure.</summary>
public static class ScenarioRunner
{
    /// <summary>Runs all scenarios; findings instead of results when something does not fit.</summary>
    /// <param name="file">The test, as read.</param>
    /// <param name="definitions">The file that its <c>machine</c> names, as read.</param>
    /// <param name="syntax">How outputs are read.</param>
    public static ScenarioReport Run(ScenarioFile file, DefinitionFile definitions, IDefinitionSyntax syntax)
    {
        var report = new ScenarioReport { File = file, Findings = file.Findings };
        if (report.HasErrors) return report;
        var findings = new FindingList(file.Path);
        if (definitions.HasErrors)
            return report with { Findings = [.. file.Findings, .. definitions.Findings.Where(finding => finding.Severity == Severity.Error)] };
        if (Choose(file, definitions, findings) is { } machine)
        {
            var binder = new AnswerBinder(machine, syntax, findings);
            foreach (Scenario scenario in file.Scenarios) binder.Bind(scenario);
            if (!findings.HasErrors) return RunAll(report with { Machine = machine }, machine, binder);
        }

        return report with { Findings = [.. file.Findings, .. findings.ToList()] };
    }

    private static ScenarioReport RunAll(ScenarioReport report, MachineDefinition machine, AnswerBinder binder)
    {
        var coverage = new Coverage(machine);
        ImmutableArray<ScenarioResult> results = [.. report.File.Scenarios.Select(scenario => new ScenarioRun(machine, scenario, binder, coverage).Run())];
        return report with
        {
            Results = results,
            StatesNeverExercised = coverage.StatesNeverExercised(),
            TransitionsNeverExercised = coverage.TransitionsNeverExercised(),
        };
    }

    private static MachineDefinition? Choose(ScenarioFile file, DefinitionFile definitions, FindingList findings)
    {
        string[] names = [.. definitions.Machines.Select(machine => machine.Name)];
        (int line, int column) = file.Place;
        if (file.Check is { } wanted)
        {
            if (definitions.Machines.FirstOrDefault(machine => machine.Name == wanted) is { } found) return found;
            findings.Add(line, column, Severity.Error, FindingKind.UnknownMachine, $"{Show.Quote(file.Machine)} has no machine {Show.Quote(wanted)}",
                Nearest.Hint(wanted, names, $"it has {Show.List(names)}"));
            return null;
        }

        if (definitions.Machines.Length == 1) return definitions.Machines[0];
        findings.Add(line, column, Severity.Error, FindingKind.MissingKey, $"{Show.Quote(file.Machine)} has {names.Length} machines", $"add 'check:' with one of {Show.List(names)}");
        return null;
    }
}
