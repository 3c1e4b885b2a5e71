using System.Collections.Immutable;
using Scout.Machines.Definitions;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;

namespace Scout.Machines.Simulated;

/// <summary>What the written answers mean for the watchers of a machine; what means nothing is a finding.</summary>
internal sealed class AnswerBinder(MachineDefinition machine, IDefinitionSyntax syntax, FindingList findings)
{
    private readonly Dictionary<WrittenAnswer, BoundAnswer> bound = new(ReferenceEqualityComparer.Instance);

    /// <summary>The meaning of an answer that was bound.</summary>
    public BoundAnswer this[WrittenAnswer written] => bound[written];

    public void Bind(Scenario scenario)
    {
        Bind(scenario.Given);
        if (scenario.Given.State is { } state && !machine.Table.States.Contains(state))
        {
            (int line, int column) = scenario.Given.StatePlace;
            findings.Add(line, column, Severity.Error, FindingKind.UnknownState, $"{Show.Quote(machine.Name)} has no state {Show.Quote(state)}",
                Nearest.Hint(state, machine.Table.States, $"it has {Show.List(machine.Table.States)}"));
        }

        foreach (ScenarioStep step in scenario.Steps)
        {
            if (step.When is { } when) Bind(when);
        }
    }

    private void Bind(ScenarioWorld world)
    {
        foreach (AnswerList list in world.Answers)
        {
            if (machine.Watchers.FirstOrDefault(watcher => watcher.Name == list.Watcher) is not { } watcher)
            {
                string[] names = [.. machine.Watchers.Select(one => one.Name)];
                findings.Add(list.Line, list.Column, Severity.Error, FindingKind.UnknownKey, $"{Show.Quote(list.Watcher)} is neither a word here nor a watcher of {Show.Quote(machine.Name)}",
                    Nearest.Hint(list.Watcher, names, $"its watchers are {Show.List(names)}"));
                continue;
            }

            foreach (WrittenAnswer answer in list.Answers) bound[answer] = Bind(watcher, answer);
        }
    }

    private BoundAnswer Bind(WatcherDefinition watcher, WrittenAnswer written)
    {
        if (written.Word == "hang") return new BoundAnswer(Answer.Hang, FileAnswer.None);
        return watcher switch
        {
            NagiosWatcher => Plugin(written),
            ExecWatcher => Command(written, ""),
            MetricWatcher => Command(written, """{"metrics":{"value":1}}"""),
            FileWatcher => File(written),
            _ => Wrong(written, $"a {watcher.Type} watcher runs nothing and takes no answers", "leave it out"),
        };
    }

    private BoundAnswer Plugin(WrittenAnswer written)
    {
        if (written.Word is not { } text)
            return new BoundAnswer(Ended(written) with { Status = written.Exit <= 3 ? (CheckStatus)written.Exit : CheckStatus.Unknown }, FileAnswer.None);
        int end = text.AsSpan().IndexOfAny(' ', '|', ':');
        string status = end < 0 ? text : text[..end];
        if (!States.IsResult(status)) return Wrong(written, $"{Show.Quote(text)} is no answer of a check", "OK, CRITICAL disk full|used=97%, hang or { exit: 2, output: text, takes: 3s }");
        var code = (CheckStatus)Array.IndexOf(["OK", "WARNING", "CRITICAL", "UNKNOWN"], status);
        return new BoundAnswer(new Answer { Status = code, ExitCode = (int)code, Output = syntax.ReadOutput(text), Printed = text }, FileAnswer.None);
    }

    private BoundAnswer Command(WrittenAnswer written, string printed) => written.Word switch
    {
        null => new BoundAnswer(Ended(written), FileAnswer.None),
        "success" => new BoundAnswer(Answer.Exit(0, printed), FileAnswer.None),
        "failure" => new BoundAnswer(Answer.Failure, FileAnswer.None),
        _ => Wrong(written, $"{Show.Quote(written.Word)} is no answer of a command", "success, failure, hang or { exit: 1, output: text, takes: 3s }"),
    };

    private BoundAnswer File(WrittenAnswer written) => written.Word switch
    {
        "present" => new BoundAnswer(Answer.Ok, FileAnswer.Present),
        "changed" => new BoundAnswer(Answer.Ok, FileAnswer.Changed),
        "missing" => new BoundAnswer(Answer.FileMissing, FileAnswer.None),
        _ => Wrong(written, $"{(written.Word is { } word ? Show.Quote(word) : "an exit code")} is no answer of a look at a file", "present, changed, missing or hang"),
    };

    private Answer Ended(WrittenAnswer written) => Answer.Exit(written.Exit, written.Output) with { Output = syntax.ReadOutput(written.Output), Takes = written.Takes };

    private BoundAnswer Wrong(WrittenAnswer written, string message, string hint)
    {
        findings.Add(written.Line, written.Column, Severity.Error, FindingKind.BadValue, message, hint);
        return new BoundAnswer(Answer.Hang, FileAnswer.None);
    }
}

/// <summary>An answer with a meaning.</summary>
/// <param name="Answer">What a run comes back with.</param>
/// <param name="File">Whether the file is to look as before or different.</param>
internal sealed record BoundAnswer(Answer Answer, FileAnswer File);

internal enum FileAnswer
{
    None,
    Present,
    Changed,
}
