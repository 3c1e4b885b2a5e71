using System.Net;

namespace Scout.Checks.Probes;

/// <summary>Names to addresses. Thread-safe.</summary>
public interface INameLookup
{
    /// <summary>One lookup, as the system does it; never throws but for a cancelled token.</summary>
    /// <param name="host">A name, not an address.</param>
    /// <param name="family">Which addresses are wanted.</param>
    /// <param name="cancel">The deadline.</param>
    ValueTask<NameAnswer> LookupAsync(string host, AddressChoice family, CancellationToken cancel);
}

/// <summary>Which addresses of a name count.</summary>
public enum AddressChoice
{
    /// <summary>The first in the order of the resolver.</summary>
    Any,
    V4,
    V6,
}

/// <summary>What a lookup gave.</summary>
/// <param name="Addresses">In the order of the resolver; at least one when <paramref name="Reason"/> is <see cref="ProbeReason.Ok"/>.</param>
/// <param name="Reason">Why there is none.</param>
/// <param name="Text">For people, when there is none.</param>
public sealed record NameAnswer(IReadOnlyList<IPAddress> Addresses, ProbeReason Reason, string Text)
{
    public static NameAnswer Of(params IPAddress[] addresses) => new(addresses, ProbeReason.Ok, "");

    public static NameAnswer Failed(ProbeReason reason, string text) => new([], reason, text);
}
