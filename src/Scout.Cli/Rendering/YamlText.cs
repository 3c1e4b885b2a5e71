using System.Text.Json;
using System.Text.RegularExpressions;

namespace Scout.Cli.Rendering;

/// <summary>A JSON value as block YAML that every YAML 1.1 and 1.2 reader reads back as the same value.</summary>
internal static partial class YamlText
{
    /// <summary>One item of a top-level list.</summary>
    public static void WriteItem(TextWriter output, string json)
    {
        using var document = JsonDocument.Parse(json);
        WriteListItem(output, document.RootElement, 0);
    }

    /// <summary>A document whose root is this value.</summary>
    public static void WriteDocument(TextWriter output, string json)
    {
        using var document = JsonDocument.Parse(json);
        if (IsLeaf(document.RootElement)) output.WriteLine(Leaf(document.RootElement));
        else WriteBlock(output, document.RootElement, 0, firstIndented: true);
    }

    private static void WriteBlock(TextWriter output, JsonElement value, int indent, bool firstIndented)
    {
        bool first = !firstIndented;
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                if (!first) output.Write(new string(' ', indent));
                first = false;
                WriteListItem(output, item, indent);
            }

            return;
        }

        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (!first) output.Write(new string(' ', indent));
            first = false;
            output.Write(Text(property.Name));
            output.Write(':');
            if (IsLeaf(property.Value))
            {
                output.Write(' ');
                output.WriteLine(Leaf(property.Value));
            }
            else
            {
                output.WriteLine();
                WriteBlock(output, property.Value, indent + 2, firstIndented: true);
            }
        }
    }

    private static void WriteListItem(TextWriter output, JsonElement item, int indent)
    {
        output.Write("- ");
        if (IsLeaf(item)) output.WriteLine(Leaf(item));
        else WriteBlock(output, item, indent + 2, firstIndented: false);
    }

    private static bool IsLeaf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => !value.EnumerateObject().MoveNext(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => true,
    };

    private static string Leaf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "{}",
        JsonValueKind.Array => "[]",
        JsonValueKind.String => Text(value.GetString()!),
        _ => value.GetRawText(),
    };

    // Plain only what no reader could take for anything but this text; all else as a JSON string, which is YAML too.
    private static string Text(string text) =>
        Plain().IsMatch(text) && !Reserved().IsMatch(text) ? text : JsonText.Render(writer => writer.WriteStringValue(text), indented: false);

    [GeneratedRegex(@"\A[A-Za-z_/][A-Za-z0-9_./%() =+-]*(?<! )\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex(@"\A(?:y|n|yes|no|on|off|true|false|null|~)\z", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Reserved();
}
