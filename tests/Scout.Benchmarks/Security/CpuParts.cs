namespace Scout.Benchmarks.Security;

/// <summary>Who used how much CPU, in microseconds.</summary>
internal readonly record struct CpuParts(double Caller, double Broker, double Nodes)
{
    public double All => Caller + Broker + Nodes;

    public static CpuParts operator -(CpuParts a, CpuParts b) => new(a.Caller - b.Caller, a.Broker - b.Broker, a.Nodes - b.Nodes);

    public static CpuParts operator /(CpuParts a, double by) => new(a.Caller / by, a.Broker / by, a.Nodes / by);

    public static CpuParts operator *(CpuParts a, double by) => new(a.Caller * by, a.Broker * by, a.Nodes * by);
}
