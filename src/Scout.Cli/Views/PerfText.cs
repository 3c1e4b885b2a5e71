using System.Collections.Immutable;
using System.Text.Json;
using Scout.Cli.Rendering;
using Scout.Protocol.Events;

namespace Scout.Cli.Views;

/// <summary>Performance data in JSON.</summary>
internal static class PerfText
{
    public static void Write(Utf8JsonWriter writer, string name, ImmutableArray<PerfDatumData>? data)
    {
        writer.WriteStartArray(name);
        if (data is { IsDefault: false } items)
        {
            foreach (PerfDatumData item in items)
            {
                writer.WriteStartObject();
                writer.WriteString("label", item.Label);
                writer.Number("value", item.Value);
                writer.Text("unit", item.Unit);
                writer.WriteString("raw", item.Raw);
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
    }
}
