using Scout.Machines.Definitions;

namespace Scout.Machines.Hosting;

/// <summary>One reload, applied at once (machines.md 4.2).</summary>
/// <param name="Definitions">All good definitions of the node now, those whose file turned bad at their last good version. An unchanged digest is not touched.</param>
/// <param name="Errors">First error line of each machine whose file is bad now, by machine name.</param>
public sealed record DefinitionBatch(IReadOnlyList<MachineDefinition> Definitions, IReadOnlyDictionary<string, string> Errors);
