namespace Scout.Traffic.Tests.Lab;

/// <summary>
/// Tests with the real kernel. They move this process from cgroup to cgroup to make sockets there, so that they run one after another and beside no other test of this room.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class KernelCollection
{
    public const string Name = "kernel";
}
