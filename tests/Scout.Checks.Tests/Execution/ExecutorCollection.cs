namespace Scout.Checks.Tests.Execution;

/// <summary>These tests count threads, descriptors and zombies of their own process, so they run alone.</summary>
[CollectionDefinition(nameof(ExecutorCollection), DisableParallelization = true)]
public sealed class ExecutorCollection;
