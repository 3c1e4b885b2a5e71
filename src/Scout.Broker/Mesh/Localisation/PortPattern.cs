namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// Finds faults of one of several equal ways (a bundle, a spine): each path tries 16 source ports in turn, and a way that is broken loses the same ports again
/// and again. Ports are compared path by path, for on each path they fall on other ways.
/// </summary>
internal static class PortPattern
{
    /// <summary>Each port comes round every 16 s.</summary>
    private const int RoundTicks = 15 * Windows.TicksPerSecond;

    /// <summary>On 16 ports with one broken way of two, 8 of the last 30 s come round twice.</summary>
    private const int LeastRepeats = 8;
    private const double LeastShare = 0.9;

    /// <summary>More than this loss is no pattern.</summary>
    private const double MostLoss = 0.6;

    public static IReadOnlyList<int> Of(TrialLedger ledger, Component component)
    {
        var firstLost = new Dictionary<(int From, int To, byte Port), long>();
        var firstOfPath = new Dictionary<(int From, int To), long>();
        int judged = 0;
        int repeated = 0;
        int ports = 0;
        for (long number = ledger.Log.Start(Windows.Thirty); number < ledger.Log.End; number++)
        {
            ref Loss loss = ref ledger.Log[number];
            if (loss.Spent || !ComponentCounts.Holds(ledger, component, loss.From, loss.To)) continue;
            (int From, int To) path = (loss.From, loss.To);
            firstOfPath.TryAdd(path, loss.Tick);
            bool known = !firstLost.TryAdd((loss.From, loss.To, loss.Port), loss.Tick);
            // A path is judged once all its ports had their turn since its first loss.
            if (loss.Tick - firstOfPath[path] <= RoundTicks + Windows.TicksPerSecond) continue;
            judged++;
            if (!known) continue;
            repeated++;
            ports |= 1 << loss.Port;
        }

        if (repeated < LeastRepeats || repeated < judged * LeastShare) return [];
        (long sent, long lost) = ComponentCounts.Of(ledger, component, Windows.Thirty);
        if (sent == 0 || (double)lost / sent > MostLoss) return [];
        return [.. Enumerable.Range(0, 16).Where(port => (ports & (1 << port)) != 0)];
    }
}
