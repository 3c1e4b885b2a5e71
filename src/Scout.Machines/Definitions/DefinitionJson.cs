using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Scout.Machines.Timing;

namespace Scout.Machines.Definitions;

/// <summary>
/// The canonical JSON of an expanded machine: every default filled in, keys in a fixed order, nothing that depends on where the file lies. Two files
/// that mean the same have the same digest.
/// </summary>
internal sealed class DefinitionJson : IDisposable
{
    private readonly ArrayBufferWriter<byte> buffer = new(4096);
    private readonly Utf8JsonWriter writer;

    public DefinitionJson() => writer = new Utf8JsonWriter(buffer);

    /// <summary>First 12 hex digits of SHA-256 over the canonical JSON.</summary>
    public string Digest(MachineDefinition machine)
    {
        Write(writer, machine);
        return Finish();
    }

    /// <summary>The same of one watcher.</summary>
    public string Digest(WatcherDefinition watcher)
    {
        WatcherJson.Write(writer, watcher);
        return Finish();
    }

    public static void Write(Utf8JsonWriter json, MachineDefinition machine)
    {
        json.WriteStartObject();
        json.WriteString("name", machine.Name);
        json.WriteString("version", machine.Version);
        json.WriteString("initial_state", machine.InitialState);
        json.WriteString("splay_start", DurationText.Format(machine.SplayStart));
        json.WriteString("on_restart", machine.RestartsInitial ? "initial" : "continue");
        WriteMap(json, "labels", machine.Labels);
        WriteNames(json, "depends_on", machine.DependsOn);
        json.WriteStartArray("maintenance_windows");
        foreach (MaintenanceWindow window in machine.MaintenanceWindows) Write(json, window);
        json.WriteEndArray();
        json.WriteStartArray("transitions");
        foreach (Transition transition in machine.Table.Transitions) Write(json, transition);
        json.WriteEndArray();
        json.WriteStartArray("watchers");
        foreach (WatcherDefinition watcher in machine.Watchers) WatcherJson.Write(json, watcher);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteNames(Utf8JsonWriter json, string key, ImmutableArray<string> names)
    {
        json.WriteStartArray(key);
        foreach (string name in names) json.WriteStringValue(name);
        json.WriteEndArray();
    }

    public static void WriteMap(Utf8JsonWriter json, string key, ImmutableArray<KeyValuePair<string, string>> map)
    {
        json.WriteStartObject(key);
        foreach (KeyValuePair<string, string> entry in map) json.WriteString(entry.Key, entry.Value);
        json.WriteEndObject();
    }

    public void Dispose() => writer.Dispose();

    private static void Write(Utf8JsonWriter json, MaintenanceWindow window)
    {
        json.WriteStartObject();
        WriteNames(json, "days", WindowDays.Names(window.Days));
        json.WriteString("start", window.Start.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteString("duration", DurationText.Format(window.Duration));
        json.WriteString("timezone", window.TimeZone.Id);
        json.WriteString("reason", window.Reason);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Transition transition)
    {
        json.WriteStartObject();
        json.WriteString("name", transition.Name);
        WriteNames(json, "from", transition.From);
        json.WriteString("destination", transition.Destination);
        if (transition.Description.Length > 0) json.WriteString("description", transition.Description);
        if (transition.Subscribe.Length > 0)
        {
            json.WriteStartArray("subscribe");
            foreach (Subscription subscription in transition.Subscribe)
            {
                json.WriteStartObject();
                json.WriteString("machine_name", subscription.MachineName);
                json.WriteString("event", subscription.Event);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private string Finish()
    {
        writer.Flush();
        Span<byte> hash = stackalloc byte[Sha256.Size];
        Sha256.Hash(buffer.WrittenSpan, hash);
        buffer.ResetWrittenCount();
        writer.Reset();
        return Convert.ToHexStringLower(hash[..6]);
    }
}
