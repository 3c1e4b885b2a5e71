using System.Globalization;
using System.Text.Json;

namespace Scout.Checks.Probes.Http;

/// <summary>Places in a JSON document (RFC 6901).</summary>
internal static class JsonPointer
{
    /// <summary>Empty, or begins with <c>/</c>; <c>~</c> only as <c>~0</c> and <c>~1</c>.</summary>
    public static bool IsValid(string pointer)
    {
        if (pointer.Length > 0 && pointer[0] != '/') return false;
        for (int i = 0; i < pointer.Length; i++)
        {
            if (pointer[i] == '~' && (i + 1 >= pointer.Length || pointer[i + 1] is not ('0' or '1'))) return false;
        }

        return true;
    }

    /// <summary>What stands there, or null.</summary>
    public static JsonElement? Find(JsonElement root, string pointer)
    {
        JsonElement at = root;
        if (pointer.Length == 0) return at;
        foreach (string raw in pointer[1..].Split('/'))
        {
            string token = raw.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(token, out JsonElement member)) at = member;
            else if (at.ValueKind == JsonValueKind.Array && Index(token) is { } index && index < at.GetArrayLength()) at = at[index];
            else return null;
        }

        return at;
    }

    /// <summary>True when a value of the document is what was written as a text: numbers by value, all else by its words.</summary>
    public static bool Is(JsonElement value, string wanted) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() == wanted,
        JsonValueKind.Number => value.GetRawText() == wanted
            || (double.TryParse(wanted, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && value.TryGetDouble(out double own) && own == number),
        _ => value.GetRawText() == wanted,
    };

    /// <summary>For people, cut.</summary>
    public static string Shown(JsonElement value)
    {
        string text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return Running.ProbeText.Shown(text);
    }

    // No leading zeros (RFC 6901, section 4).
    private static int? Index(string token) =>
        int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && (token == "0" || token[0] != '0') ? index : null;
}
