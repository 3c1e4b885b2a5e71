namespace Scout.Broker.Mesh.Localisation;

/// <summary>
/// How much an open fault loses while it loses: its trials from when it was suspected to its last loss. Seconds without a loss count only when another loss
/// follows, so that a fault that is over keeps the figure it had. (The verdict does not: once healed, only the longest window still names it, thinned by clean trials.)
/// </summary>
internal sealed class FaultLoss
{
    private const long EveryMs = 1_000;

    /// <summary>What is left after each second with a loss: about the last half minute counts.</summary>
    private const double Memory = 0.97;

    /// <summary>Losses that must be missing before a stretch of time shows that a fault does not go on: chance does it in 1 % of cases.</summary>
    private const double Surprise = 4.6;

    private double sent;
    private double lost;
    private double clean;
    private long at = -1;

    /// <summary>0..1.</summary>
    public double Share => sent <= 0 ? 0 : Math.Min(1, lost / sent);

    /// <summary>Counts the last second, each second once.</summary>
    /// <param name="now">Milliseconds.</param>
    /// <param name="verdict">What opened the fault; looked at once.</param>
    /// <param name="second">Trials and losses of the last second.</param>
    public void Take(long now, Verdict verdict, (long Sent, long Lost) second)
    {
        if (at < 0)
        {
            (sent, lost, at) = (verdict.Sent, verdict.Lost, now);
            return;
        }

        if (now - at < EveryMs) return;
        at = now;
        clean += second.Sent;
        if (second.Lost == 0) return;
        sent = (sent * Memory) + clean;
        lost = (lost * Memory) + second.Lost;
        clean = 0;
    }

    /// <summary>Whether so few losses in so many trials show that the fault does not go on (Chernoff's bound of the Poisson distribution).</summary>
    public bool Contradicts(long trials, double losses)
    {
        double expected = trials * Share;
        if (expected <= losses) return false;
        return expected - losses + (losses > 0 ? losses * Math.Log(losses / expected) : 0) >= Surprise;
    }
}
