using Scout.Server.Store;
using Scout.Testing;
using static Scout.Server.Tests.Store.StoreFactory;

namespace Scout.Server.Tests.Store;

/// <summary>reliability.md R2: a power cut after every operation of a long script.</summary>
[Trait("fault", "R2")]
public sealed class CrashPointTests
{
    [Theory]
    [InlineData(nameof(PowerCut.Kept), 1)]
    [InlineData(nameof(PowerCut.Dropped), 2)]
    [InlineData(nameof(PowerCut.Torn), 3)]
    [InlineData(nameof(PowerCut.Torn), 4)]
    public void After_a_power_cut_at_any_moment_the_last_answered_commit_or_a_later_one_is_there_whole(string mode, int seed)
    {
        var cut = Enum.Parse<PowerCut>(mode);
        var script = Script(seed);
        var random = new Random(seed);
        var disk = new Disk();
        Assert.Contains(script.Operations, static one => one.Step == Step.Rename);
        Assert.Contains(script.Operations, static one => one.Step == Step.Delete && one.Path.EndsWith(".log", StringComparison.Ordinal));
        for (int at = 0; at <= script.Operations.Count; at++)
        {
            if (at > 0) disk.Apply(script.Operations[at - 1]);
            var store = Open(FaultFiles.With(disk.After(cut, random)), script.Options, script.Time);
            Check(script, at, store, $"{mode}, seed {seed}, after operation {at} of {script.Operations.Count}");
        }
    }

    private static void Check(Recording script, int at, NodeStore store, string where)
    {
        // The very first write of all, torn, leaves a file that nothing can be read from.
        bool young = at <= 3;
        Assert.True(store.Recovered.Repairs.All(repair => repair.Kind == RepairKind.Torn || (young && repair.Kind == RepairKind.Corrupt)), $"{where}: {string.Join("; ", store.Recovered.Repairs)}");
        int answered = script.Answered.FindLastIndex(one => one <= at);
        var clock = store.Recovered.Machines.FirstOrDefault(static one => one.Name == "clock");
        int found = clock is null ? -1 : int.Parse(clock.Version);
        Assert.True(found >= answered, $"{where}: commit {answered} was answered, the store knows {found}");
        var expected = found < 0 ? [] : script.States[found];
        Assert.True(
            store.Recovered.Machines.ToDictionary(static one => one.Name, static one => one.Version).OrderBy(static one => one.Key).SequenceEqual(expected.OrderBy(static one => one.Key)),
            $"{where}: the fold is not that of commit {found}");
        var drained = store.Drain();
        var acknowledged = script.Acknowledged.Where(one => one.Value <= at).Select(static one => one.Key).ToHashSet();
        var wanted = found < 0 ? [] : script.Sequences[..script.EventsUpTo[found]].Where(one => !acknowledged.Contains(one)).ToHashSet();
        Assert.True(wanted.IsSubsetOf(drained), $"{where}: missing from the outbox: {string.Join(' ', wanted.Except(drained))}");
        Assert.True(drained.Count == drained.Distinct().Count(), $"{where}: an event is there twice");
        long last = found < 0 || script.EventsUpTo[found] == 0 ? 0 : script.Sequences[script.EventsUpTo[found] - 1];
        Assert.Equal(last + 1, store.Recovered.NextSequence);
    }

    /// <summary>200 commits, some steady, with acknowledgements, several segments, snapshots and retention.</summary>
    private static Recording Script(int seed)
    {
        var files = new FaultFiles();
        var time = new ManualTime();
        var options = Options with { SegmentBytes = 6_000, HistoryBytes = 10_000, HistoryAge = TimeSpan.FromHours(1) };
        var random = new Random(seed);
        var store = Open(files, options, time);
        store.Pump();
        var script = new Recording { Options = options, Time = time };
        var state = new Dictionary<string, string>();
        var inFlight = new List<OutboxEntry>();
        for (int i = 0; i < 200; i++)
        {
            int number = i;
            string machine = "m" + random.Next(5);
            bool steady = random.Next(3) == 0;
            var commit = Commit(Machine("clock", version: $"{i}"), Machine(machine, version: $"{i}"));
            state["clock"] = state[machine] = $"{i}";
            if (random.Next(20) == 0 && !steady)
            {
                string gone = "m" + random.Next(5);
                if (gone != machine)
                {
                    commit.Erased.Add(gone);
                    state.Remove(gone);
                }
            }

            for (int n = steady ? 0 : random.Next(3); n > 0; n--)
            {
                var item = Event(store.ReserveSequence(), machine, size: random.Next(50, 600));
                commit.Events.Add(item);
                script.Sequences.Add(item.Sequence);
            }

            script.States.Add(new Dictionary<string, string>(state));
            script.EventsUpTo.Add(script.Sequences.Count);
            script.Answered.Add(int.MaxValue);
            store.Commit(commit, sync: !steady, said =>
            {
                // Done without a sync promises nothing over a power cut.
                if (said == CommitState.Done && !steady) script.Answered[number] = files.Count;
            });
            if (random.Next(3) > 0) store.Pump();
            while (random.Next(3) > 0 && store.Outbox.Take() is { } entry) inFlight.Add(entry);
            while (inFlight.Count > 0 && random.Next(2) == 0)
            {
                var entry = inFlight[0];
                inFlight.RemoveAt(0);
                script.Acknowledged[entry.Sequence] = files.Count;
                store.Acknowledge(entry, () => store.Outbox.Free(entry.Lane));
            }
        }

        store.Pump();
        script.Operations = files.Operations;
        return script;
    }

    private sealed class Recording
    {
        public required NodeStoreOptions Options { get; init; }

        public required ManualTime Time { get; init; }

        public IReadOnlyList<Operation> Operations { get; set; } = [];

        public List<Dictionary<string, string>> States { get; } = [];

        public List<long> Sequences { get; } = [];

        public List<int> EventsUpTo { get; } = [];

        /// <summary>By commit: how many operations there had been when it was answered.</summary>
        public List<int> Answered { get; } = [];

        /// <summary>By sequence: how many operations there had been when the stream had it.</summary>
        public Dictionary<long, int> Acknowledged { get; } = [];
    }
}
