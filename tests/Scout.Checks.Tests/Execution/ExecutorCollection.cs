namespace Scout.Checks.Tests.Execution;

/// <summary>The executor reaps every orphan of its process, so only one may work at a time, with nobody else who has children.</summary>
[CollectionDefinition(nameof(ExecutorCollection), DisableParallelization = true)]
public sealed class ExecutorCollection;
