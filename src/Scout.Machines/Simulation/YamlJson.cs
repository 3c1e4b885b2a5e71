using System.Globalization;
using System.Text;
using System.Text.Json;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Simulated;

/// <summary>YAML as JSON, for facts, data and overrides: numbers, <c>true</c>, <c>false</c> and <c>null</c> are what they look like, all else is text.</summary>
internal static class YamlJson
{
    public static JsonElement Element(YamlNode node)
    {
        using JsonDocument document = JsonDocument.Parse(Bytes(node));
        return document.RootElement.Clone();
    }

    public static string Text(YamlNode node) => Encoding.UTF8.GetString(Bytes(node));

    private static byte[] Bytes(YamlNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer)) Write(writer, node);
        return buffer.ToArray();
    }

    // Depth is limited by the tree.
    private static void Write(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlMap map:
                writer.WriteStartObject();
                foreach (KeyValuePair<YamlScalar, YamlNode> entry in map.Entries)
                {
                    writer.WritePropertyName(entry.Key.Text);
                    Write(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            case YamlList list:
                writer.WriteStartArray();
                foreach (YamlNode item in list.Items) Write(writer, item);
                writer.WriteEndArray();
                break;
            case YamlScalar scalar:
                Scalar(writer, scalar);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static void Scalar(Utf8JsonWriter writer, YamlScalar scalar)
    {
        string text = scalar.Text;
        if (scalar.IsMissing || text == "null") writer.WriteNullValue();
        else if (text is "true" or "false") writer.WriteBooleanValue(text == "true");
        else if (decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number) && !text.StartsWith('+'))
            writer.WriteNumberValue(number);
        else writer.WriteStringValue(text);
    }
}
