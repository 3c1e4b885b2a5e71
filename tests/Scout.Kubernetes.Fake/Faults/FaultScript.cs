namespace Scout.Kubernetes.Fake;

/// <summary>The faults that are to come, in the order in which they were added; one request meets at most one.</summary>
public sealed class FaultScript
{
    private readonly Lock gate = new();
    private readonly List<Entry> entries = [];

    public void Add(params Fault[] faults)
    {
        lock (gate) entries.AddRange(faults.Select(fault => new Entry(fault)));
    }

    public void Clear()
    {
        lock (gate) entries.Clear();
    }

    internal Fault? Take(string verb, string plural)
    {
        lock (gate)
        {
            foreach (Entry entry in entries)
            {
                if (entry.Left == 0 || (entry.Fault.Verb is { } one && one != verb) || (entry.Fault.Plural is { } kind && kind != plural)) continue;
                if (entry.Skip > 0)
                {
                    entry.Skip--;
                    continue;
                }

                entry.Left--;
                return entry.Fault;
            }

            return null;
        }
    }

    private sealed class Entry(Fault fault)
    {
        public Fault Fault => fault;

        public int Skip { get; set; } = fault.Skip;

        public int Left { get; set; } = fault.Times;
    }
}
