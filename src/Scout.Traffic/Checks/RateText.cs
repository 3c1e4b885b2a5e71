using System.Globalization;

namespace Scout.Traffic.Checks;

/// <summary>Rates and durations for people.</summary>
public static class RateText
{
    private const double Thousand = 1000;
    private static readonly string[] Prefixes = ["", "k", "M", "G", "T"];

    /// <summary><c>1.2 MB/s</c> or <c>340 packets/s</c>.</summary>
    public static string Rate(double rate, TrafficUnit unit) => unit == TrafficUnit.Bytes ? $"{Scaled(rate)}B/s" : $"{Scaled(rate)}packets/s";

    /// <summary>A number with three digits and its prefix: <c>1.2 M</c>.</summary>
    public static string Scaled(double value)
    {
        int prefix = 0;
        while (value >= Thousand && prefix < Prefixes.Length - 1)
        {
            value /= Thousand;
            prefix++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {Prefixes[prefix]}");
    }

    /// <summary><c>1m</c>, <c>1m30s</c>, <c>2h</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        long seconds = (long)Math.Round(time.TotalSeconds);
        string text = "";
        if (seconds >= 3600) text += $"{seconds / 3600}h";
        if (seconds % 3600 >= 60) text += $"{seconds % 3600 / 60}m";
        if (seconds % 60 > 0 || text.Length == 0) text += $"{seconds % 60}s";
        return text;
    }
}
