using System.Collections.Immutable;
using System.Text.Json;
using Scout.Machines.Definitions;

namespace Scout.Machines.Simulated;

/// <summary>What a <c>*.test.yaml</c> says (machines.md 11.1).</summary>
public sealed record ScenarioFile
{
    /// <summary>As given to the reader.</summary>
    public required string Path { get; init; }

    /// <summary>Path of the definition, from the folder of the test; empty after an error.</summary>
    public required string Machine { get; init; }

    /// <summary>Which machine of that file is meant; null when it has only one.</summary>
    public string? Check { get; init; }

    public required ImmutableArray<Scenario> Scenarios { get; init; }

    /// <summary>What is wrong with the file, by position; with an error nothing of it runs.</summary>
    public required ImmutableArray<Finding> Findings { get; init; }

    public bool HasErrors => Findings.Any(finding => finding.Severity == Severity.Error);

    /// <summary>Where the definition is, seen from where the test is.</summary>
    public string MachinePath => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path) ?? "", Machine);

    /// <summary>Where 'check' or, without it, 'machine' stands.</summary>
    internal (int Line, int Column) Place { get; init; } = (1, 1);
}

/// <summary>One story about a machine.</summary>
public sealed record Scenario
{
    public required string Name { get; init; }

    /// <summary>1-based.</summary>
    public required int Line { get; init; }

    /// <summary>1-based.</summary>
    public required int Column { get; init; }

    internal ScenarioGiven Given { get; init; } = new();

    internal ImmutableArray<ScenarioStep> Steps { get; init; } = [];
}

/// <summary>How the world is from now on.</summary>
internal record ScenarioWorld
{
    /// <summary>By watcher.</summary>
    public ImmutableArray<AnswerList> Answers { get; init; } = [];

    /// <summary>States of stand-in machines.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Others { get; init; } = [];

    public JsonElement? Facts { get; init; }

    public JsonElement? Overrides { get; init; }

    /// <summary>JSON object; null when not given.</summary>
    public string? Data { get; init; }
}

internal sealed record ScenarioGiven : ScenarioWorld
{
    public string Node { get; init; } = "node1";

    public DateTimeOffset? Clock { get; init; }

    /// <summary>Where the state is given, for a state that the machine has not.</summary>
    public (int Line, int Column) StatePlace { get; init; }

    public string? State { get; init; }

    public bool Splay { get; init; }
}

internal sealed record ScenarioWhen : ScenarioWorld
{
    public ImmutableArray<KeyValuePair<string, string>> OthersFire { get; init; } = [];

    public TimeSpan? Restart { get; init; }

    public string? Fire { get; init; }

    public string Caller { get; init; } = "somebody";

    public string Reason { get; init; } = "";

    public TimeSpan? For { get; init; }

    public ScenarioAcknowledge? Acknowledge { get; init; }

    public TimeSpan? Advance { get; init; }
}

internal sealed record ScenarioAcknowledge(string Caller, string Reason, TimeSpan? For);

/// <summary>One step: what happens, and what is to be true then.</summary>
internal sealed record ScenarioStep(int Line, int Column, ScenarioWhen? When, ImmutableArray<Expectation> Then);

/// <summary>Answers of one watcher, used one by one; the last repeats.</summary>
internal sealed record AnswerList(string Watcher, int Line, int Column, ImmutableArray<WrittenAnswer> Answers);

/// <summary>An answer as written; what it means depends on the type of the watcher.</summary>
/// <param name="Word">A text, or null for the long form.</param>
internal sealed record WrittenAnswer(int Line, int Column, string? Word, int Exit, string Output, TimeSpan Takes);
