namespace Scout.Broker.Mesh.Localisation;

/// <summary>What belongs to a component, and its counts as the ledger has them.</summary>
internal static class ComponentCounts
{
    public static int WindowOf(int seconds)
    {
        for (int window = 0; window < Windows.Count; window++)
        {
            if (seconds <= Windows.Seconds(window)) return window;
        }

        return Windows.Longest;
    }

    /// <summary>Whether trials between two nodes belong to it.</summary>
    public static bool Holds(TrialLedger ledger, Component component, int from, int to)
    {
        switch (component.Kind)
        {
            case ComponentKind.Node:
                return from == component.A || to == component.A;
            case ComponentKind.Pair:
                return (from == component.A && to == component.B) || (from == component.B && to == component.A);
        }

        int one = ledger.ZoneOf(from);
        int other = ledger.ZoneOf(to);
        return component.Kind == ComponentKind.ZonePair
            ? (one == component.A && other == component.B) || (one == component.B && other == component.A)
            : one != other && (one == component.A || other == component.A);
    }

    public static (long Sent, long Lost) Of(TrialLedger ledger, Component component, int window)
    {
        int[] sent = ledger.SentByZone(window);
        int[] lost = ledger.LostByZone(window);
        int room = ledger.ZoneRoom;
        (long Sent, long Lost) sum = default;
        switch (component.Kind)
        {
            case ComponentKind.Pair:
                int pair = ledger.Pairs.Find(component.A, component.B);
                return pair < 0 ? default : (ledger.SentByPair(window)[pair], ledger.LostByPair(window)[pair]);
            case ComponentKind.Node:
                if (ledger.ZoneOf(component.A) < 0) return default;
                for (int zone = 0; zone < room; zone++)
                {
                    sum.Sent += sent[(component.A * room) + zone];
                    sum.Lost += lost[(component.A * room) + zone];
                }

                return sum;
        }

        for (int node = 0; node < ledger.NodeBound; node++)
        {
            if (ledger.ZoneOf(node) != component.A) continue;
            for (int zone = 0; zone < room; zone++)
            {
                bool counts = component.Kind == ComponentKind.ZonePair ? zone == component.B : zone != component.A;
                if (!counts) continue;
                sum.Sent += sent[(node * room) + zone];
                sum.Lost += lost[(node * room) + zone];
            }
        }

        return component is { Kind: ComponentKind.ZonePair } && component.A == component.B ? (sum.Sent / 2, sum.Lost / 2) : sum;
    }
}
