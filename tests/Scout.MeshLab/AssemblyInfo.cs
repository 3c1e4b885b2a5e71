// One network, one fleet: the faults come one after another.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
