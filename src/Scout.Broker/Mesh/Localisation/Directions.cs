namespace Scout.Broker.Mesh.Localisation;

/// <summary>Counts, for each blamed component, lost packets of known direction that left it and that were on the way to it.</summary>
internal static class Directions
{
    private const int Window = Windows.Thirty;

    public static IReadOnlyList<Verdict> Annotate(TrialLedger ledger, IReadOnlyList<Verdict> verdicts)
    {
        var byComponent = new Dictionary<Component, int>(verdicts.Count);
        for (int i = 0; i < verdicts.Count; i++) byComponent[verdicts[i].Component] = i;
        Span<int> leaving = verdicts.Count <= 256 ? stackalloc int[verdicts.Count] : new int[verdicts.Count];
        Span<int> arriving = verdicts.Count <= 256 ? stackalloc int[verdicts.Count] : new int[verdicts.Count];
        for (long number = ledger.Log.Start(Window); number < ledger.Log.End; number++)
        {
            ref Loss loss = ref ledger.Log[number];
            int sender = loss.Sender;
            if (loss.Spent || sender < 0) continue;
            int receiver = sender == loss.From ? loss.To : loss.From;
            int from = ledger.ZoneOf(sender);
            int to = ledger.ZoneOf(receiver);
            if (byComponent.TryGetValue(Component.Node(sender), out int index)) leaving[index]++;
            if (byComponent.TryGetValue(Component.Node(receiver), out index)) arriving[index]++;
            if (byComponent.TryGetValue(Component.Pair(sender, receiver), out index)) (sender < receiver ? ref leaving[index] : ref arriving[index])++;
            if (byComponent.TryGetValue(Component.ZonePair(from, to), out index)) (from < to ? ref leaving[index] : ref arriving[index])++;
            if (from == to) continue;
            if (byComponent.TryGetValue(Component.Zone(from), out index)) leaving[index]++;
            if (byComponent.TryGetValue(Component.Zone(to), out index)) arriving[index]++;
        }

        var annotated = new Verdict[verdicts.Count];
        for (int i = 0; i < annotated.Length; i++) annotated[i] = verdicts[i] with { Leaving = leaving[i], Arriving = arriving[i] };
        return annotated;
    }
}
