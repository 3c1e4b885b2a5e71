// Real processes on few cores: one scenario at a time, so that a deadline means something.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
