namespace Scout.Traffic;

/// <summary>An amount of traffic.</summary>
/// <param name="Bytes">IP header, transport header and payload, as the socket layer hands over or receives them.</param>
/// <param name="Packets">Segments of a super-packet each count.</param>
public readonly record struct Volume(ulong Bytes, ulong Packets)
{
    public bool IsZero => Bytes == 0 && Packets == 0;

    public static Volume operator +(Volume left, Volume right) => new(left.Bytes + right.Bytes, left.Packets + right.Packets);

    public static Volume operator -(Volume left, Volume right) => new(left.Bytes - right.Bytes, left.Packets - right.Packets);

    public static Volume Add(Volume left, Volume right) => left + right;

    public static Volume Subtract(Volume left, Volume right) => left - right;
}

/// <summary>Traffic of both directions, as its owner sees them.</summary>
public readonly record struct TwoWay(Volume Receive, Volume Transmit)
{
    public Volume this[TrafficDirection direction] => direction == TrafficDirection.Receive ? Receive : Transmit;

    public Volume Both => Receive + Transmit;

    public bool IsZero => Receive.IsZero && Transmit.IsZero;

    public static TwoWay operator +(TwoWay left, TwoWay right) => new(left.Receive + right.Receive, left.Transmit + right.Transmit);

    public static TwoWay Add(TwoWay left, TwoWay right) => left + right;

    /// <summary>With so much more in one direction.</summary>
    public TwoWay Plus(TrafficDirection direction, Volume more) =>
        direction == TrafficDirection.Receive ? this with { Receive = Receive + more } : this with { Transmit = Transmit + more };
}
