namespace Scout.Machines.Definitions.Yaml;

/// <summary>Why a text is no tree.</summary>
public readonly record struct YamlProblem(int Line, int Column, string Kind, string Message, string Hint);
