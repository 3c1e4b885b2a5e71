using System.Net;

namespace Scout.Checks.Paths;

/// <summary>The way to a target as far as it could be seen.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Hops">Every step that was tried, in order.</param>
/// <param name="Error">For <see cref="TraceEnd.Local"/>: what the system said; else empty.</param>
public sealed record TraceResult(TraceEnd End, IReadOnlyList<TraceHop> Hops, string Error = "")
{
    /// <summary>The last step that answered; null when none did.</summary>
    public TraceHop? Last => Hops.LastOrDefault(hop => hop.Address is not null);

    /// <summary>For people: <c>reached in 3 hops</c>, <c>lost after hop 1 (10.0.0.1)</c>.</summary>
    public string Summary => End switch
    {
        TraceEnd.Reached => $"reached in {Steps(Hops.Count)}",
        TraceEnd.Unreachable => $"{Hops[^1].Text} by hop {Hops[^1].Ttl} ({Hops[^1].Address})",
        TraceEnd.TooFar => $"not reached in {Steps(Hops.Count)}",
        TraceEnd.Local => Error,
        _ => Last is { } last ? $"lost after hop {last.Ttl} ({last.Address})" : "lost before the first hop that answers",
    };

    private static string Steps(int count) => count == 1 ? "1 hop" : $"{count} hops";

    internal static TraceResult Failed(string error, List<TraceHop> hops) => new(TraceEnd.Local, hops, error);

    internal static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
