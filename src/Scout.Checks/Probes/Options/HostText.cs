namespace Scout.Checks.Probes.Options;

/// <summary>Names of hosts as a resolver takes them, and <c>host:port</c> of a command line.</summary>
internal static class HostText
{
    private const int Longest = 253;

    /// <summary>Letters, digits, <c>-</c> and <c>_</c> in labels of 1 to 63, joined by points; or an address.</summary>
    public static bool IsHost(string text)
    {
        if (AddressText.TryParse(text, out _)) return true;
        string name = text.EndsWith('.') ? text[..^1] : text;
        if (name.Length is 0 or > Longest) return false;
        foreach (string label in name.Split('.'))
        {
            if (label.Length is 0 or > 63 || label[0] == '-') return false;
            // Letters of other alphabets are for the resolver to judge.
            if (!label.All(letter => char.IsLetterOrDigit(letter) || letter is '-' or '_')) return false;
        }

        // A last label of digits is a mistyped address.
        return !name[(name.LastIndexOf('.') + 1)..].All(char.IsAsciiDigit);
    }

    /// <summary><c>db1:5432</c>, <c>[2001:db8::7]:443</c>, or a host alone, which may be an address with colons.</summary>
    public static (string Host, string? Port) Split(string text)
    {
        if (text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is > 0 and var end)
            return end + 1 < text.Length && text[end + 1] == ':' ? (text[1..end], text[(end + 2)..]) : (text[1..end], null);
        int colon = text.LastIndexOf(':');
        return colon < 0 || text.IndexOf(':', StringComparison.Ordinal) != colon ? (text, null) : (text[..colon], text[(colon + 1)..]);
    }
}
