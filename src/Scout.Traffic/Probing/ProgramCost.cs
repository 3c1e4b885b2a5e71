using System.Net;
using Scout.Traffic.Kernel;
using Scout.Traffic.Names;
using Scout.Traffic.Programs;

namespace Scout.Traffic.Probing;

/// <summary>What a packet costs on each way through the program, beside a program that does nothing. Least nanoseconds a run of all rounds.</summary>
/// <param name="Empty">The program of two instructions, measured in the same rounds.</param>
/// <param name="ClusterIp">The address is known: one lookup.</param>
/// <param name="Unknown">Nothing is known: two lookups.</param>
/// <param name="Endpoint">The address with its port is known: two lookups and the peer.</param>
internal sealed record ProgramCost(double Empty, double ClusterIp, double Unknown, double Endpoint)
{
    /// <summary>Of the ClusterIP way and the way of an unknown peer.</summary>
    public const double MostOfShortWays = 8;

    public const double MostOfEndpoint = 10;
    private const int Port = 53;
    private const byte Udp = 17;
    private const int Payload = 64;
    private static readonly IPAddress Client = IPAddress.Parse("10.244.1.10");

    public bool IsWithinGates => ClusterIp / Empty <= MostOfShortWays && Unknown / Empty <= MostOfShortWays && Endpoint / Empty <= MostOfEndpoint;

    /// <summary>The better of two measurements, way by way.</summary>
    public ProgramCost Least(ProgramCost other) => new(
        Math.Min(Empty, other.Empty), Math.Min(ClusterIp, other.ClusterIp), Math.Min(Unknown, other.Unknown), Math.Min(Endpoint, other.Endpoint));

    /// <summary>Measures in rounds that go through all four, so that a change of the machine's speed meets all. The call is timed, since the kernel tells whole nanoseconds.</summary>
    /// <exception cref="BpfException">The kernel refused.</exception>
    public static ProgramCost Measure(IBpfCalls calls, TimeProvider time, int rounds, uint repeats)
    {
        using TrafficKernel kernel = TrafficKernel.Load(calls, new TrafficOptions { MaxPeers = 1024, MaxCounters = 1024 }, PossibleCpus.Read());
        using BpfProgram empty = BpfProgram.Load(calls, TrafficDirection.Transmit, AccountingProgram.Empty(), "scout_empty");
        byte[] clusterIp = Packet(kernel, "10.96.0.10", 2, default);
        byte[] endpoint = Packet(kernel, "10.244.2.10", 3, new TrafficPort(Port, Udp));
        byte[] unknown = ProbePackets.Datagram(Client, IPAddress.Parse("10.244.3.10"), 40000, Port, Payload);
        (BpfProgram Program, byte[] Packet)[] ways = [(empty, clusterIp), (kernel.Egress, clusterIp), (kernel.Egress, unknown), (kernel.Egress, endpoint)];
        double[] least = [double.MaxValue, double.MaxValue, double.MaxValue, double.MaxValue];
        for (int round = 0; round < rounds; round++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                long begin;
                int result;
                do
                {
                    begin = time.GetTimestamp();
                    result = ways[way].Program.TryRun(ways[way].Packet, repeats);
                }
                while (result == -Errno.Interrupted);

                Bpf.Check(result, BpfCommand.ProgTestRun);
                least[way] = Math.Min(least[way], time.GetElapsedTime(begin).TotalNanoseconds / repeats);
            }
        }

        return new ProgramCost(least[0], least[1], least[2], least[3]);
    }

    private static byte[] Packet(TrafficKernel kernel, string address, uint peer, TrafficPort port)
    {
        if (!PeerKey.TryCreate(address, port, out PeerKey key) || !kernel.TrySet(key, peer)) throw new InvalidOperationException($"{address} is no peer");
        return ProbePackets.Datagram(Client, IPAddress.Parse(address), 40000, Port, Payload);
    }
}
