using System.Globalization;

namespace Scout.Checks.Probes.Http;

/// <summary>Status codes that are wanted: <c>200</c>, <c>200-299</c>.</summary>
public readonly record struct StatusRange(int First, int Last)
{
    public bool Has(int status) => status >= First && status <= Last;

    public static bool TryParse(string text, out StatusRange range)
    {
        range = default;
        int dash = text.IndexOf('-', StringComparison.Ordinal);
        if (!TryCode(dash < 0 ? text : text[..dash], out int first)) return false;
        int last = first;
        if (dash >= 0 && (!TryCode(text[(dash + 1)..], out last) || last < first)) return false;
        range = new StatusRange(first, last);
        return true;
    }

    public override string ToString() => First == Last ? First.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    private static bool TryCode(string text, out int code) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code) && code is >= 100 and <= 599;
}
