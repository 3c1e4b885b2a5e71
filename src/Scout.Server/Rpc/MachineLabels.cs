using System.Runtime.CompilerServices;
using Scout.Machines.Definitions;

namespace Scout.Server.Rpc;

/// <summary>Labels of a definition as a dictionary, made once for each definition that is asked for.</summary>
internal static class MachineLabels
{
    private static readonly Dictionary<string, string> None = [];

    private static readonly ConditionalWeakTable<MachineDefinition, Dictionary<string, string>> Made = [];

    public static IReadOnlyDictionary<string, string> Of(MachineDefinition definition) => definition.Labels.IsDefaultOrEmpty
        ? None
        : Made.GetValue(definition, static one => new Dictionary<string, string>(one.Labels, StringComparer.Ordinal));
}
