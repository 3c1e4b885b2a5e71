using System.Text;
using System.Text.Json;

namespace Scout.Machines.Watchers;

/// <summary>The data of a machine: one JSON object of at most 64 KiB, keys of at most 128 characters (machines.md section 9). Pure.</summary>
internal static class MachineData
{
    public const int Largest = 64 * 1024;
    public const int LongestKey = 128;

    /// <summary>As an element; undefined when there is none.</summary>
    public static JsonElement Read(string? data)
    {
        if (data is null) return default;
        using JsonDocument document = JsonDocument.Parse(data);
        return document.RootElement.Clone();
    }

    /// <summary>Sets the members of an object in the data.</summary>
    /// <param name="data">The data so far; null for none.</param>
    /// <param name="json">What was printed; must be one JSON object.</param>
    /// <param name="merged">The new data, keys in order of first appearance.</param>
    /// <param name="error">Why it is not taken.</param>
    /// <param name="beyond">It is not taken because of a bound.</param>
    public static bool TryMerge(string? data, string json, out string? merged, out string error, out bool beyond)
    {
        merged = data;
        beyond = false;
        try
        {
            using JsonDocument added = JsonDocument.Parse(json);
            if (added.RootElement.ValueKind != JsonValueKind.Object)
            {
                error = $"the output is a JSON {added.RootElement.ValueKind}, wanted one object";
                return false;
            }

            beyond = !TryMerge(data, added.RootElement, out merged, out error);
            return !beyond;
        }
        catch (Exception bad) when (IsBadJson(bad))
        {
            merged = data;
            error = $"the output is not JSON: {bad.Message}";
            return false;
        }
    }

    /// <summary>What System.Text.Json throws at texts that are no JSON; half a surrogate pair is found only when it is read, and then not as a JsonException.</summary>
    public static bool IsBadJson(Exception thrown) => thrown is JsonException or InvalidOperationException or ArgumentException;

    /// <summary>Sets the members of an object in the data; only a bound refuses that.</summary>
    public static bool TryMerge(string? data, JsonElement added, out string? merged, out string error)
    {
        merged = data;
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (data is not null)
            {
                using JsonDocument old = JsonDocument.Parse(data);
                foreach (JsonProperty member in old.RootElement.EnumerateObject())
                {
                    if (!added.TryGetProperty(member.Name, out _)) member.WriteTo(writer);
                }
            }

            foreach (JsonProperty member in added.EnumerateObject())
            {
                if (member.Name.Length > LongestKey)
                {
                    error = $"a key of {member.Name.Length} characters, at most {LongestKey}";
                    return false;
                }

                member.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        if (buffer.Length > Largest)
        {
            error = $"the data would be {buffer.Length} bytes, at most {Largest}";
            return false;
        }

        error = "";
        merged = Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
        return true;
    }
}
