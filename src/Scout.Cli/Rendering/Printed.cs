using System.Text.Json;
using Scout.Cli.Grammar;

namespace Scout.Cli.Rendering;

/// <summary>One JSON value as the whole output.</summary>
internal static class Printed
{
    public static void Object(CommandContext context, OutputFormat format, Action<Utf8JsonWriter> write)
    {
        if (format == OutputFormat.Yaml) YamlText.WriteDocument(context.Io.Out, JsonText.Render(write, indented: false));
        else context.Io.Out.WriteLine(JsonText.Render(write, indented: format == OutputFormat.Json));
    }
}
