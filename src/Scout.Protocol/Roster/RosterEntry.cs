using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Protocol.Json;

namespace Scout.Protocol.Roster;

/// <summary>A node's own entry in the roster, <c>io.scout.node.v1</c> (nats.md 14). Written at start and on change.</summary>
public sealed record RosterEntry
{
    public const string SchemaName = "io.scout.node.v1";

    /// <summary>Largest entry, in bytes: the bucket refuses more.</summary>
    public const int MaxBytes = 16 * 1024;

    public string Schema { get; init; } = SchemaName;

    public required string Node { get; init; }

    /// <summary>Public key of the node; absent in dev mode.</summary>
    public string? Key { get; init; }

    public required string Version { get; init; }

    public required string Os { get; init; }

    public required string Arch { get; init; }

    /// <summary><c>dev</c> or <c>secure</c>.</summary>
    public string? Mode { get; init; }

    public string? Zone { get; init; }

    public string? Region { get; init; }

    public ImmutableSortedDictionary<string, string>? Labels { get; init; }

    public ImmutableArray<string>? Groups { get; init; }

    /// <summary>How many.</summary>
    public required int Machines { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>Seconds between two <c>alive</c> events.</summary>
    public required int AliveS { get; init; }

    /// <summary>Its part in the mesh; absent without one.</summary>
    public Mesh.RosterMesh? Mesh { get; init; }

    /// <summary>Serial of the trust document by which it believes callers; absent without one, and in dev mode.</summary>
    public long? Trust { get; init; }

    /// <summary>When the node said goodbye; absent while it runs.</summary>
    public DateTimeOffset? Stopped { get; init; }

    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, WireJson.Writer)) JsonSerializer.Serialize(writer, this, RosterJsonContext.Default.RosterEntry);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>An entry counts if it parses and names the node whose key it stands under; unknown fields are stepped over (a newer node may send them). Whether it came where it stands by itself, <see cref="Reading.StoredHeaders"/> tells.</summary>
    /// <param name="node">The key.</param>
    /// <param name="value">The bytes.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="error">Why it does not count.</param>
    public static bool TryRead(
        string node,
        ReadOnlySpan<byte> value,
        [NotNullWhen(true)] out RosterEntry? entry,
        [NotNullWhen(false)] out string? error)
    {
        entry = null;
        error = value.Length > MaxBytes ? $"it is over {MaxBytes} bytes" : null;
        if (error is not null) return false;
        try
        {
            entry = JsonSerializer.Deserialize(value, RosterJsonContext.Default.RosterEntry);
        }
        catch (JsonException problem)
        {
            error = "no valid entry: " + Shown.Clip(problem.Message, 200);
            return false;
        }

        if (entry is null)
        {
            error = "it is null";
            return false;
        }

        error = entry.Schema != SchemaName ? $"its schema is '{Shown.Clip(entry.Schema)}', not {SchemaName}"
            : entry.Node != node || !Names.IsNode(node) ? "it names another node"
            : null;
        if (error is null) return true;
        entry = null;
        return false;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(RosterEntry))]
internal sealed partial class RosterJsonContext : JsonSerializerContext;
