namespace Scout.Broker.Mesh.Watching;

/// <summary>What is usual for the round trips of one path, and whether it is slower now (mesh.md 7).</summary>
/// <remarks>
/// What is usual begins as the median of the first three reports, so that it holds after half a minute and one report of a node that has just started does not
/// spoil it. Then it is a moving average of half an hour.
/// </remarks>
internal sealed class LatencyTrack
{
    /// <summary>Reports before it judges.</summary>
    public const int Warm = 3;

    /// <summary>Reports of 30 min.</summary>
    private const int Memory = 180;

    /// <summary>Reports in a row that are as much faster as others are slow: then what was usual is not any more.</summary>
    private const int Faster = 2;
    private const double Deviations = 6;
    private const double LeastMicros = 200;

    /// <summary>Slow reports in a row that speak for the path alone: a node that is slow shows on all its paths within two.</summary>
    private const int Lasting = 4;

    private double usual;
    private double deviation;
    private double first;
    private double second;
    private int count;
    private int faster;
    private int slow;

    public bool Slow { get; private set; }

    /// <summary>It has been slow in several reports in a row.</summary>
    public bool Lasts => slow >= Lasting;

    /// <summary>It is known what is usual.</summary>
    public bool Known => count >= Warm;

    /// <summary>Takes the median of a report; true when it could be judged.</summary>
    public bool Take(double micros)
    {
        if (count < Warm)
        {
            Begin(micros);
            return false;
        }

        double above = micros - usual;
        double limit = Math.Max(LeastMicros, Deviations * deviation);
        Slow = above > limit;
        slow = Slow ? Math.Min(slow + 1, Lasting) : 0;
        faster = above < -limit ? faster + 1 : 0;
        if (faster == Faster)
        {
            // It began while the path was slow, or the way is a better one now.
            Forget();
            Begin(micros);
            return false;
        }

        // What is slow must not become usual, or a fault would end by itself; but after half an hour of it, it is.
        double weight = 1.0 / (Slow ? Memory : Math.Min(count + 1, Memory));
        usual += Math.Max(above, -limit) * weight;
        // One wild report must not make it blind.
        deviation += (Math.Min(Math.Abs(above), limit) - deviation) * weight;
        count++;
        return true;
    }

    public void Forget()
    {
        count = 0;
        faster = 0;
        slow = 0;
        Slow = false;
    }

    private void Begin(double micros)
    {
        count++;
        if (count == 1)
        {
            first = micros;
            return;
        }

        if (count == 2)
        {
            second = micros;
            return;
        }

        usual = Middle(first, second, micros);
        deviation = Middle(Math.Abs(first - usual), Math.Abs(second - usual), Math.Abs(micros - usual));
    }

    private static double Middle(double a, double b, double c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
