using System.Globalization;
using System.Text.Json;

namespace Scout.Machines.Definitions.Templates;

/// <summary>What an expression gives: a text as written, or something of JSON.</summary>
internal readonly record struct TemplateValue(string? Text, JsonElement Json)
{
    public static TemplateValue Of(string text) => new(text, default);

    public bool IsList => Text is null && Json.ValueKind == JsonValueKind.Array;

    /// <summary>Numbers print shortest, lists and objects as compact JSON.</summary>
    public string ToText() => Text ?? Print(Json);

    public static string Print(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString() ?? "",
        JsonValueKind.Number => Number(json),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array or JsonValueKind.Object => CompactJson(json),
        _ => "",
    };

    private static string Number(JsonElement json)
    {
        if (json.TryGetInt64(out long whole)) return whole.ToString(CultureInfo.InvariantCulture);
        return json.TryGetDouble(out double number) && double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : json.GetRawText();
    }

    private static string CompactJson(JsonElement json)
    {
        using var buffer = new MemoryStream();
        // The value goes to a program, not into a page: a quote is \" and everything else stays as it is.
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            json.WriteTo(writer);
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }
}
