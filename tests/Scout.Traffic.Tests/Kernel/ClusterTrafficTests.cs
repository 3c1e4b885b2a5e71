using System.Net;
using System.Net.Sockets;
using Scout.Traffic.Kernel;
using Scout.Traffic.Tests.Lab;

namespace Scout.Traffic.Tests.Kernel;

/// <summary>A node with two pods and a translated ClusterIP.</summary>
[Collection(KernelCollection.Name)]
public sealed class ClusterTrafficTests : IDisposable
{
    private const uint Service = 9;
    private const int Echoes = 100;
    private const int Payload = 300;
    private static readonly Volume Expected = new(32_800, Echoes);
    private readonly TestCgroups cgroups;
    private readonly TrafficKernel kernel;
    private readonly TestNetwork network;
    private readonly string client;
    private readonly string server;
    private readonly Socket serving;

    public ClusterTrafficTests()
    {
        KernelLab.Require();
        cgroups = new TestCgroups();
        kernel = KernelLab.Load();
        client = cgroups.Pod(1);
        server = cgroups.Pod(2);
        try
        {
            network = new TestNetwork();
            serving = cgroups.In(server, () => TestNetwork.In(network.PodB, () => Udp.Bound(TestNetwork.B, TestNetwork.TargetPort)));
        }
        catch
        {
            Dispose();
            throw;
        }

        kernel.Peer(TestNetwork.ClusterIp, Service);
        kernel.Peer(TestNetwork.B, Service, TestNetwork.TargetPort, 17);
        kernel.Attach(cgroups.Root);
    }

    [Fact]
    public void A_pod_that_asks_the_ClusterIP_talks_to_the_service()
    {
        using Socket asking = cgroups.In(client, () => TestNetwork.In(network.PodA, () => Udp.Bound(TestNetwork.A)));
        Ask(asking, TestNetwork.ClusterIp, TestNetwork.ServicePort);
    }

    [Fact]
    public void A_pod_that_asks_the_backend_itself_talks_to_the_service()
    {
        using Socket asking = cgroups.In(client, () => TestNetwork.In(network.PodA, () => Udp.Bound(TestNetwork.A)));
        Ask(asking, TestNetwork.B, TestNetwork.TargetPort);
    }

    [Fact]
    public void A_hostNetwork_pod_talks_to_the_service_in_both_directions()
    {
        // Translated in output, before the hook: egress shows the backend, ingress the ClusterIP.
        using Socket asking = cgroups.In(client, () => TestNetwork.In(network.Node, () => Udp.Bound("0.0.0.0")));
        Ask(asking, TestNetwork.ClusterIp, TestNetwork.ServicePort);
    }

    [Fact]
    public void A_datagram_that_is_cut_into_fragments_counts_once_and_whole()
    {
        using Socket asking = cgroups.In(client, () => TestNetwork.In(network.PodA, () => Udp.Bound(TestNetwork.A)));
        Udp.Echo(asking, new IPEndPoint(IPAddress.Parse(TestNetwork.ClusterIp), TestNetwork.ServicePort), serving, 1, 5000);
        var one = new Volume(5028, 1);
        Assert.Equal(new TwoWay(one, one), kernel.Read().Of(client, Service));
        Assert.Equal(new TwoWay(one, one), kernel.Read().Of(server, TrafficPeers.Other));
    }

    public void Dispose()
    {
        serving?.Dispose();
        kernel?.Dispose();
        network?.Dispose();
        cgroups?.Dispose();
    }

    private void Ask(Socket asking, string address, int port)
    {
        Udp.Echo(asking, new IPEndPoint(IPAddress.Parse(address), port), serving, Echoes, Payload);
        Assert.Equal(new TwoWay(Expected, Expected), kernel.Read().Of(client, Service));
        Assert.Equal(new TwoWay(Expected, Expected), kernel.Read().Of(server, TrafficPeers.Other));
        Assert.Equal(4, kernel.Read().Count);
    }
}
