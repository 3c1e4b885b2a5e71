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
        Span<int> losses = verdicts.Count <= 256 ? stackalloc int[verdicts.Count] : new int[verdicts.Count];
        Span<int> late = verdicts.Count <= 256 ? stackalloc int[verdicts.Count] : new int[verdicts.Count];
        for (long number = ledger.Log.Start(Window); number < ledger.Log.End; number++)
        {
            ref Loss loss = ref ledger.Log[number];
            if (loss.Spent) continue;
            CountAll(ledger, byComponent, loss, losses, late);
            int sender = loss.Sender;
            if (sender < 0) continue;
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
        for (int i = 0; i < annotated.Length; i++) annotated[i] = verdicts[i] with { Leaving = leaving[i], Arriving = arriving[i], Losses = losses[i], Late = late[i] };
        return annotated;
    }

    private static void CountAll(TrialLedger ledger, Dictionary<Component, int> byComponent, in Loss loss, Span<int> losses, Span<int> late)
    {
        int from = ledger.ZoneOf(loss.From);
        int to = ledger.ZoneOf(loss.To);
        ReadOnlySpan<Component> whole = [Component.Node(loss.From), Component.Node(loss.To), Component.Pair(loss.From, loss.To), Component.ZonePair(from, to), Component.Zone(from), Component.Zone(to)];
        foreach (Component component in whole[..(from == to ? 4 : 6)])
        {
            if (!byComponent.TryGetValue(component, out int index)) continue;
            losses[index]++;
            if (loss.Late) late[index]++;
        }
    }
}
