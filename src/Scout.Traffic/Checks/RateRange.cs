using System.Globalization;

namespace Scout.Traffic.Checks;

/// <summary>A threshold <c>[@][start:][end]</c> of the Nagios plugin guidelines, with the suffixes k M G (powers of 1000) and Ki Mi Gi (of 1024).</summary>
/// <param name="Start">Minus infinity for <c>~</c>.</param>
/// <param name="End">Plus infinity when open above.</param>
/// <param name="Inside">True for <c>@</c>: inside alerts.</param>
public readonly record struct RateRange(double Start, double End, bool Inside)
{
    private static readonly (string Suffix, double Factor)[] Suffixes =
    [
        ("Ki", 1024), ("Mi", 1024 * 1024), ("Gi", 1024.0 * 1024 * 1024), ("k", 1e3), ("M", 1e6), ("G", 1e9),
    ];

    /// <summary>True if the value breaks the threshold.</summary>
    public bool Alerts(double value) => Inside == (value >= Start && value <= End);

    /// <summary>Reads a range; nothing is guessed.</summary>
    public static bool TryParse(string text, out RateRange range, out string error)
    {
        range = default;
        string rest = text.StartsWith('@') ? text[1..] : text;
        int colon = rest.IndexOf(':');
        string left = colon < 0 ? "" : rest[..colon];
        string right = colon < 0 ? rest : rest[(colon + 1)..];
        double start = 0;
        double end = double.PositiveInfinity;
        error = $"'{text}' is no range such as 10M, ~:50M or 100k:; suffixes are k M G Ki Mi Gi";
        if (left.Length == 0 && right.Length == 0) return false;
        if (left == "~") start = double.NegativeInfinity;
        else if (left.Length > 0 && !TryNumber(left, out start)) return false;
        if (right.Length > 0 && !TryNumber(right, out end)) return false;
        if (start > end)
        {
            error = $"the start of '{text}' is above its end; a range without 'start:' begins at 0, and '~:' at minus infinity";
            return false;
        }

        error = "";
        range = new RateRange(start, end, text.StartsWith('@'));
        return true;
    }

    /// <summary>As performance data has it: no suffix.</summary>
    public override string ToString()
    {
        string start = double.IsNegativeInfinity(Start) ? "~:" : Start == 0 ? "" : Number(Start) + ":";
        string end = double.IsPositiveInfinity(End) ? "" : Number(End);
        if (end.Length == 0 && start.Length == 0) start = "0:";
        return (Inside ? "@" : "") + start + end;
    }

    internal static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static bool TryNumber(string text, out double value)
    {
        double factor = 1;
        foreach ((string suffix, double by) in Suffixes)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            text = text[..^suffix.Length];
            factor = by;
            break;
        }

        bool good = double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
        value *= factor;
        return good;
    }
}
