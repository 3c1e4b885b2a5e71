using System.Net;

namespace Scout.Checks.Probes.Options;

/// <summary>Addresses as people write them: <see cref="IPAddress"/> alone would take <c>1</c> for <c>0.0.0.1</c>.</summary>
internal static class AddressText
{
    public static bool TryParse(string text, out IPAddress? address)
    {
        address = null;
        bool v6 = text.Contains(':', StringComparison.Ordinal);
        if (!v6 && text.Count(letter => letter == '.') != 3) return false;
        if (v6 && text.AsSpan().ContainsAny("[]/")) return false;
        return IPAddress.TryParse(text, out address) && (v6 || address.ToString() == text);
    }
}
