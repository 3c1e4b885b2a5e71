using Scout.Machines.Hosting;
using Scout.Machines.Runs;

namespace Scout.Machines.Simulated;

/// <summary>One thing that a step wants.</summary>
/// <param name="Line">1-based, where it stands.</param>
/// <param name="Column">1-based.</param>
/// <param name="Judge">Null when it holds, else what was wanted and what is.</param>
internal sealed record Expectation(int Line, int Column, Func<StepView, Mismatch?> Judge);

/// <summary>What was wanted and what was there instead.</summary>
internal sealed record Mismatch(string Wanted, string Got);

/// <summary>What a step can look at: the machine now, and what happened since the last <c>when</c>.</summary>
internal sealed record StepView(MachineView Machine, DateTimeOffset Now, CommandReply? Fired, IReadOnlyList<MachineEvent> Events, IReadOnlyList<RunRequest> Runs);
