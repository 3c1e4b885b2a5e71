namespace Scout.Broker.Mesh.Watching;

/// <summary>What is usual for the round trips of one path, and whether it is slower now (mesh.md 7).</summary>
internal sealed class LatencyTrack
{
    /// <summary>Reports of 30 min.</summary>
    private const int Memory = 180;

    private const int Warm = 6;
    private const double Deviations = 6;
    private const double LeastMicros = 200;

    private double usual;
    private double deviation;
    private int count;

    public bool Slow { get; private set; }

    /// <summary>Takes the median of a report; true when it could be judged.</summary>
    public bool Take(double micros)
    {
        if (count == 0) usual = micros;
        double above = micros - usual;
        bool judged = count >= Warm;
        Slow = judged && above > LeastMicros && above > Deviations * deviation;
        // What is slow must not become usual, or a fault would end by itself; but after half an hour of it, it is.
        double weight = 1.0 / Math.Min(count + 1, Memory);
        if (Slow) weight = Math.Min(weight, 1.0 / Memory);
        usual += above * weight;
        if (!Slow) deviation += (Math.Abs(above) - deviation) * Math.Max(weight, 1.0 / Memory);
        count++;
        return judged;
    }

    public void Forget()
    {
        count = 0;
        deviation = 0;
        Slow = false;
    }
}
