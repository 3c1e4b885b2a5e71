using Scout.Machines.Definitions;
using Scout.Machines.Runs;

namespace Scout.Machines.Hosting;

/// <summary>What one input leads to and what is handled before all waiting inputs (machines.md 5.2, point 7).</summary>
internal abstract record FollowUp(LiveMachine Machine);

/// <summary>Fire a transition.</summary>
/// <param name="Only">The very entry of the table that is meant; null for any of that name.</param>
internal sealed record FireFollowUp(LiveMachine Machine, string Transition, Transition? Only, Move Move) : FollowUp(Machine);

/// <summary>A run that needed nobody outside has its outcome.</summary>
internal sealed record AnswerFollowUp(LiveMachine Machine, LiveRun Run, RunOutcome Outcome) : FollowUp(Machine);

/// <summary>A machine whose state some of its watchers require has changed.</summary>
internal sealed record ForeignFollowUp(LiveMachine Machine, string? Cause) : FollowUp(Machine);

/// <summary>A machine that it depends on is no longer down.</summary>
internal sealed record ParentBackFollowUp(LiveMachine Machine) : FollowUp(Machine);
