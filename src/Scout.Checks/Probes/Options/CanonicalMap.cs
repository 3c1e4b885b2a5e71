using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Scout.Checks.Probes.Options;

/// <summary>What was read, every default filled in: two texts that mean the same have the same canonical JSON.</summary>
public sealed class CanonicalMap
{
    private readonly List<KeyValuePair<string, object>> entries = [];

    /// <summary>Text, number, truth, list of texts or numbers, or a further map; null is left out.</summary>
    public void Set(string key, object? value)
    {
        entries.RemoveAll(entry => entry.Key == key);
        if (value is not null) entries.Add(new(key, value));
    }

    /// <summary>JSON with the keys in the given order; others follow as they came.</summary>
    public string Write(IReadOnlyList<OptionInfo> order)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        // Only what JSON itself asks for is escaped: this is read by people in 'machine explain'.
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) Write(json, order);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private void Write(Utf8JsonWriter json, IReadOnlyList<OptionInfo> order)
    {
        json.WriteStartObject();
        IEnumerable<KeyValuePair<string, object>> sorted = order.Count == 0 ? entries : entries.OrderBy(entry => Place(order, entry.Key));
        foreach (KeyValuePair<string, object> entry in sorted)
        {
            json.WritePropertyName(entry.Key);
            Value(json, entry.Value);
        }

        json.WriteEndObject();
    }

    private static int Place(IReadOnlyList<OptionInfo> order, string key)
    {
        for (int i = 0; i < order.Count; i++)
        {
            if (order[i].Name == key) return i;
        }

        return order.Count;
    }

    private static void Value(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case string text:
                json.WriteStringValue(text);
                break;
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case CanonicalMap map:
                map.Write(json, []);
                break;
            case IEnumerable<object> list:
                json.WriteStartArray();
                foreach (object item in list) Value(json, item);
                json.WriteEndArray();
                break;
            default:
                throw new InvalidOperationException($"no canonical form for {value.GetType()}");
        }
    }
}
