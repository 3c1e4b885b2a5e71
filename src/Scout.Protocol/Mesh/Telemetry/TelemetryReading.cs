using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Scout.Protocol.Mesh;

/// <summary>Telemetry is plain JSON, <c>"v":1</c>, its rows are lists without names. It comes from nodes, so each value is held to its range before it counts.</summary>
internal static class TelemetryReading
{
    /// <summary>Milliseconds: an hour. Nothing older is of use to anybody.</summary>
    public const int MaxAge = 3_600_000;

    /// <summary>Unix milliseconds of the year 10000.</summary>
    public const long LastClock = 253_402_300_800_000;

    public static bool TryRead<T>(
        string node, ReadOnlyMemory<byte> json, int maxBytes, Func<TelemetryObject, T> read, [NotNullWhen(true)] out T? message, [NotNullWhen(false)] out string? error)
        where T : class
    {
        message = null;
        if (json.Length > maxBytes)
        {
            error = $"it is over {maxBytes} bytes";
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            message = read(new TelemetryObject(document.RootElement, node));
            error = null;
            return true;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            error = "no valid telemetry: " + Shown.Clip(failure.Message, 200);
            return false;
        }
    }

    /// <summary>An empty list is left out.</summary>
    public static void WriteRows<T>(Utf8JsonWriter writer, string name, ImmutableArray<T> rows, int max, ref int left, Action<Utf8JsonWriter, T> row)
    {
        if (rows.IsDefaultOrEmpty) return;
        writer.WriteStartArray(name);
        for (int i = 0; i < Math.Min(max, rows.Length); i++)
        {
            writer.WriteStartArray();
            row(writer, rows[i]);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        left += Math.Max(0, rows.Length - max);
    }
}

/// <summary>The outermost object of a telemetry message. Throws <see cref="JsonException"/> at the first thing that does not fit.</summary>
internal readonly struct TelemetryObject
{
    private readonly JsonElement root;

    public TelemetryObject(JsonElement root, string node)
    {
        this.root = root;
        Node = node;
        if (root.ValueKind != JsonValueKind.Object) throw new JsonException("an object is due");
        if (Whole("v", 1, 1) != 1 || !Names.IsNode(node) || !root.TryGetProperty("node", out JsonElement named) || !named.ValueEquals(node)) throw new JsonException("it names another node");
    }

    public string Node { get; }

    public long Whole(string name, long min, long max, long? missing = null)
    {
        if (!root.TryGetProperty(name, out JsonElement value)) return missing ?? throw new JsonException($"'{name}' is missing");
        return TelemetryRow.Whole(value, min, max, name);
    }

    public bool Flag(string name)
    {
        if (!root.TryGetProperty(name, out JsonElement value)) return false;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw new JsonException($"'{name}' must be true or false");
    }

    public string Word(string name, int max)
    {
        if (!root.TryGetProperty(name, out JsonElement value)) return "";
        return value.ValueKind == JsonValueKind.String && value.GetString() is { } text && text.Length <= max ? text : throw new JsonException($"'{name}' must be a short text");
    }

    /// <summary>A list of lists with at least <paramref name="fields"/> values each; later versions may add some at the end.</summary>
    public ImmutableArray<T> Rows<T>(string name, int max, int fields, Func<TelemetryRow, T> read)
    {
        if (!root.TryGetProperty(name, out JsonElement list)) return [];
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > max) throw new JsonException($"'{name}' must be a list of at most {max}");
        ImmutableArray<T>.Builder rows = ImmutableArray.CreateBuilder<T>(list.GetArrayLength());
        foreach (JsonElement row in list.EnumerateArray())
        {
            if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() < fields) throw new JsonException($"a row of '{name}' has {fields} values");
            rows.Add(read(new TelemetryRow(row, name)));
        }

        return rows.MoveToImmutable();
    }
}

/// <summary>One row.</summary>
internal readonly struct TelemetryRow(JsonElement row, string list)
{
    public int Length => row.GetArrayLength();

    public string Node(int at) => row[at].ValueKind == JsonValueKind.String && row[at].GetString() is { } name && Names.IsNode(name)
        ? name
        : throw new JsonException($"value {at} in a row of '{list}' is no node name");

    /// <summary>A zone has the pattern of a node name, or is empty.</summary>
    public string Zone(int at) => row[at].ValueKind == JsonValueKind.String && row[at].GetString() is { } name && (name.Length == 0 || Names.IsNode(name))
        ? name
        : throw new JsonException($"value {at} in a row of '{list}' is no zone");

    public string Text(int at, int max) => row[at].ValueKind == JsonValueKind.String && row[at].GetString() is { } text && text.Length <= max
        ? text
        : throw new JsonException($"value {at} in a row of '{list}' is no text of at most {max} characters");

    public long Whole(int at, long min, long max) => Whole(row[at], min, max, list);

    public int Count(int at) => (int)Whole(row[at], 0, int.MaxValue, list);

    /// <summary>Null for JSON null.</summary>
    public int? Optional(int at, int max) => row[at].ValueKind == JsonValueKind.Null ? null : (int)Whole(row[at], 0, max, list);

    public MeshDirection Direction(int at) =>
        row[at].ValueKind == JsonValueKind.String && MeshTrialWords.TryParse(row[at].GetString(), out MeshDirection direction) ? direction : throw new JsonException($"a row of '{list}' has no direction");

    public MeshProbeKind Kind(int at) =>
        row[at].ValueKind == JsonValueKind.String && MeshTrialWords.TryParse(row[at].GetString(), out MeshProbeKind kind) ? kind : throw new JsonException($"a row of '{list}' has no kind of probe");

    public MeshNodeState State(int at) =>
        row[at].ValueKind == JsonValueKind.String && MeshNodeStates.TryParse(row[at].GetString(), out MeshNodeState state) ? state : throw new JsonException($"a row of '{list}' has no state");

    /// <summary>Exactly <paramref name="length"/> counts.</summary>
    public ImmutableArray<int> Counts(int at, int length)
    {
        JsonElement values = row[at];
        if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() != length) throw new JsonException($"a row of '{list}' has a histogram of {length} counts");
        ImmutableArray<int>.Builder counts = ImmutableArray.CreateBuilder<int>(length);
        foreach (JsonElement value in values.EnumerateArray()) counts.Add((int)Whole(value, 0, int.MaxValue, list));
        return counts.MoveToImmutable();
    }

    internal static long Whole(JsonElement value, long min, long max, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= min && number <= max
            ? number
            : throw new JsonException($"'{name}' must be whole, {min} to {max}");
}
