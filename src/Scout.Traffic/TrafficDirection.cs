namespace Scout.Traffic;

/// <summary>Which way a packet goes, as the socket's owner sees it.</summary>
public enum TrafficDirection
{
    /// <summary>To the socket (ingress).</summary>
    Receive = 0,

    /// <summary>From the socket (egress).</summary>
    Transmit = 1,
}
