using System.Text;
using System.Text.Json;
using Scout.Machines.Hosting;
using Scout.Machines.Runs;

namespace Scout.Machines.Watchers;

/// <summary>
/// What a <c>metric</c> command printed (machines.md section 8): a text that begins with <c>{</c> is JSON <c>{labels, metrics, time}</c>, else performance
/// data. Pure.
/// </summary>
internal static class MetricOutput
{
    public const int Most = 512;

    public static bool TryRead(
        string stdout, RunOutput output, IReadOnlyList<KeyValuePair<string, string>> labels, out IReadOnlyList<MetricValue> values, out string error)
    {
        if (stdout.AsSpan().TrimStart().StartsWith("{")) return TryReadJson(stdout, labels, out values, out error);
        error = "";
        values = [.. output.PerfData.Where(item => item.Value is { } value && double.IsFinite(value)).Take(Most).Select(item => new MetricValue(ValidName(item.Label), item.Value!.Value, labels))];
        if (values.Count > 0) return true;
        error = "no numbers: the output is neither JSON {\"metrics\": {...}} nor performance data";
        return false;
    }

    /// <summary>A valid Prometheus name: other characters become <c>_</c>, a leading digit gets one before it.</summary>
    public static string ValidName(string name)
    {
        var valid = new StringBuilder(name.Length + 1);
        foreach (char c in name)
        {
            bool good = char.IsAsciiLetterOrDigit(c) || c is '_' or ':';
            if (valid.Length == 0 && char.IsAsciiDigit(c)) valid.Append('_');
            valid.Append(good ? c : '_');
        }

        return valid.Length == 0 ? "_" : valid.ToString();
    }

    private static bool TryReadJson(string stdout, IReadOnlyList<KeyValuePair<string, string>> labels, out IReadOnlyList<MetricValue> values, out string error)
    {
        values = [];
        error = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(stdout);
            JsonElement root = document.RootElement;
            if (!root.TryGetProperty("metrics", out JsonElement metrics) || metrics.ValueKind != JsonValueKind.Object)
            {
                error = "the JSON has no object 'metrics'";
                return false;
            }

            List<KeyValuePair<string, string>> all = [.. labels];
            if (root.TryGetProperty("labels", out JsonElement given) && given.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty label in given.EnumerateObject())
                {
                    string text = label.Value.ValueKind == JsonValueKind.String ? label.Value.GetString()! : label.Value.GetRawText();
                    all.RemoveAll(one => one.Key == label.Name);
                    all.Add(KeyValuePair.Create(label.Name, text));
                }
            }

            var read = new List<MetricValue>();
            foreach (JsonProperty metric in metrics.EnumerateObject())
            {
                if (metric.Value.ValueKind != JsonValueKind.Number || !metric.Value.TryGetDouble(out double value) || !double.IsFinite(value))
                {
                    error = $"metrics.{metric.Name} is no number";
                    return false;
                }

                if (read.Count < Most) read.Add(new MetricValue(ValidName(metric.Name), value, all));
            }

            values = read;
            return true;
        }
        catch (Exception bad) when (MachineData.IsBadJson(bad))
        {
            error = $"the output is not JSON: {bad.Message}";
            return false;
        }
    }
}
