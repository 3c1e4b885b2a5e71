namespace Scout.Machines.Tests;

/// <summary>Tests that measure the process run when nothing else does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
