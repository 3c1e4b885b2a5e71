namespace Scout.MeshLab.Networks;

/// <summary>
/// A second switch between a host and the first one, with a narrow cable between the two: what is longer is dropped, and nobody is told, because bridges send no ICMP.
/// The host's own line stays as it was: a narrow port right at the host would be told to its sender.
/// </summary>
internal sealed class NarrowLine : IDisposable
{
    private readonly LabNetwork network;
    private readonly string port;

    /// <param name="network">Where.</param>
    /// <param name="hostName">Whose line.</param>
    /// <param name="mtu">Octets of an IP packet that pass.</param>
    public NarrowLine(LabNetwork network, string hostName, int mtu)
    {
        this.network = network;
        port = "p_" + hostName;
        string size = mtu.ToString(System.Globalization.CultureInfo.InvariantCulture);
        network.OnSwitch("link", "add", "br1", "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0");
        network.OnSwitch("link", "set", "br1", "up");
        network.OnSwitch("link", "add", "narrow0", "mtu", size, "type", "veth", "peer", "name", "narrow1", "mtu", size);
        network.OnSwitch("link", "set", "narrow0", "master", "br1", "up");
        network.OnSwitch("link", "set", "narrow1", "master", "br0", "up");
        network.OnSwitch("link", "set", port, "master", "br1");
    }

    public void Dispose()
    {
        network.OnSwitch("link", "set", port, "master", "br0");
        network.OnSwitch("link", "del", "narrow0");
        network.OnSwitch("link", "del", "br1");
    }
}
