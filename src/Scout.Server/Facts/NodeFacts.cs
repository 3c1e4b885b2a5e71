using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Scout.Server.Facts;

/// <summary>
/// The facts of the node: the built-in ones <c>node os arch version kernel cpus memory</c>, and those of the file, which may replace them. Any thread reads.
/// </summary>
internal sealed class NodeFacts
{
    private readonly string node;
    private readonly string version;
    private readonly JsonFile file;
    private volatile Box current;

    public NodeFacts(string node, string version, JsonFile file)
    {
        this.node = node;
        this.version = version;
        this.file = file;
        current = Merge();
    }

    public JsonElement Value => current.Element;

    /// <summary>The same as text, for <c>WATCHER_FACTS</c>.</summary>
    public string Text => current.Text;

    /// <summary>Looks whether the file changed. One thread at a time.</summary>
    public void Look()
    {
        if (file.Look()) current = Merge();
    }

    private static long Memory()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/meminfo"))
            {
                if (!line.StartsWith("MemTotal:", StringComparison.Ordinal)) continue;
                string digits = new([.. line.Where(char.IsAsciiDigit)]);
                return long.Parse(digits, CultureInfo.InvariantCulture) * 1024;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not Linux.
        }

        return GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }

    private Box Merge()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            JsonElement given = file.Value;
            bool Has(string name) => given.ValueKind == JsonValueKind.Object && given.TryGetProperty(name, out _);
            writer.WriteStartObject();
            if (!Has("node")) writer.WriteString("node", node);
            if (!Has("os")) writer.WriteString("os", OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "macos" : "other");
            if (!Has("arch")) writer.WriteString("arch", RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant());
            if (!Has("version")) writer.WriteString("version", version);
            if (!Has("kernel")) writer.WriteString("kernel", Environment.OSVersion.Version.ToString());
            if (!Has("cpus")) writer.WriteNumber("cpus", Environment.ProcessorCount);
            if (!Has("memory")) writer.WriteNumber("memory", Memory());
            if (given.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty fact in given.EnumerateObject()) fact.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return new Box(document.RootElement.Clone(), Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private sealed record Box(JsonElement Element, string Text);
}
