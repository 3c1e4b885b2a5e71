namespace Scout.Server.Metrics;

/// <summary>Names of metrics and labels.</summary>
internal static class MetricNames
{
    /// <summary>The text as a valid label name: what is no ASCII letter, digit or underscore becomes <c>_</c>, a digit in front gets one before it.</summary>
    public static string Valid(string text)
    {
        if (text.Length == 0) return "_";
        bool digit = char.IsAsciiDigit(text[0]);
        string mended = string.Create(text.Length, text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++) span[i] = char.IsAsciiLetterOrDigit(source[i]) ? source[i] : '_';
        });
        return digit ? "_" + mended : mended;
    }
}
