namespace Scout.Traffic.Accounting;

/// <summary>Admits label sets up to a bound. Pods come first: for a pod, the pair that was admitted last gives up its place.</summary>
internal sealed class SeriesBound(int maxSeries)
{
    private const int SeriesPerSet = 4;
    private readonly List<PairAccount> pairs = [];
    private int others;

    /// <summary>Label sets that were refused, or lost their place.</summary>
    public long Dropped { get; private set; }

    private bool IsFull => (pairs.Count + others + 1) * SeriesPerSet > maxSeries;

    public void AdmitPod(PodAccount pod)
    {
        if (IsFull && pairs.Count > 0)
        {
            pairs[^1].Shown = false;
            pairs.RemoveAt(pairs.Count - 1);
            Dropped++;
        }

        Admit(pod);
    }

    public void AdmitService(ServiceAccount service) => Admit(service);

    public void AdmitPair(PairAccount pair)
    {
        if (IsFull)
        {
            Dropped++;
            return;
        }

        pair.Shown = true;
        pairs.Add(pair);
    }

    /// <summary>A label set that is not needed any more.</summary>
    public void Release(SeriesAccount account)
    {
        if (!account.Shown) return;
        account.Shown = false;
        if (account is PairAccount pair) pairs.Remove(pair);
        else others--;
    }

    private void Admit(SeriesAccount account)
    {
        if (IsFull)
        {
            Dropped++;
            return;
        }

        account.Shown = true;
        others++;
    }
}
