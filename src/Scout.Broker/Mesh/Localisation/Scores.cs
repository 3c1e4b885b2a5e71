namespace Scout.Broker.Mesh.Localisation;

/// <summary>The arithmetic of mesh.md 7.</summary>
internal static class Scores
{
    /// <summary>Cost of the many evaluations: ln(1e4) + 2.</summary>
    private static readonly double Evaluations = Math.Log(1e4) + 2;

    /// <summary>What blaming one of <paramref name="components"/> costs.</summary>
    public static double Cost(double components) => Math.Log(Math.Max(components, 1)) + Evaluations;

    /// <summary>Log-likelihood ratio of <paramref name="lost"/> of <paramref name="sent"/> against the background; 0 when it is no more than that.</summary>
    public static double LogLikelihoodRatio(long sent, long lost, double background)
    {
        if (lost <= 0 || sent <= 0) return 0;
        if (lost > sent) sent = lost;
        double share = (double)lost / sent;
        if (share <= background) return 0;
        double ratio = lost * Math.Log(share / background);
        return lost == sent ? ratio : ratio + ((sent - lost) * Math.Log((1 - share) / (1 - background)));
    }

    /// <summary>P[Binomial(n, p) >= k].</summary>
    public static double BinomialTail(long n, double p, long k)
    {
        if (k <= 0 || p >= 1) return 1;
        if (k > n || p <= 0) return 0;
        // Below or at the mean it is a half or more, near enough: nobody compares with more than 0.01.
        if (k <= n * p) return 0.5;
        double odds = p / (1 - p);
        double term = Math.Exp(LogChoose(n, k) + (k * Math.Log(p)) + ((n - k) * Math.Log(1 - p)));
        double sum = 0;
        for (long i = k; i <= n; i++)
        {
            sum += term;
            if (term < sum * 1e-9) break;
            term *= (double)(n - i) / (i + 1) * odds;
        }

        return Math.Min(sum, 1);
    }

    private static double LogChoose(long n, long k) => LogFactorial(n) - LogFactorial(k) - LogFactorial(n - k);

    /// <summary>Stirling's series, exact to 1e-9 from 9 on; below, by product.</summary>
    private static double LogFactorial(long n)
    {
        if (n < 10)
        {
            double product = 1;
            for (long i = 2; i <= n; i++) product *= i;
            return Math.Log(product);
        }

        double x = n + 1;
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + (1 / (12 * x)) - (1 / (360 * x * x * x));
    }
}
