using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>Where a machine stands in its file: what findings over several files, lint and explain point at.</summary>
/// <param name="Line">Of the name.</param>
/// <param name="Column">Of the name.</param>
/// <param name="DependsLine">Of the value of <c>depends_on</c>, or of the name.</param>
/// <param name="DependsColumn">As above.</param>
/// <param name="Source">The mapping of the machine or check; null unless the reader was told to keep it.</param>
internal readonly record struct MachinePlace(int Line, int Column, int DependsLine, int DependsColumn, YamlMap? Source);
