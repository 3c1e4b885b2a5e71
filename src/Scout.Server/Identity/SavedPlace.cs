using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scout.Server.Identity;

/// <summary><c>identity/fleet.json</c>: what stands in no file of its own.</summary>
internal sealed record SavedPlace
{
    public int V { get; init; } = 1;

    public string? TrustKey { get; init; }

    public ImmutableArray<string> Urls { get; init; } = [];

    public int? ReconnectSpreadS { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SavedPlaceContext.Default.SavedPlace);

    /// <summary>What cannot be read is as if it were not there.</summary>
    public static SavedPlace Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, SavedPlaceContext.Default.SavedPlace) is { V: 1, Urls.IsDefault: false } read ? read : new SavedPlace();
        }
        catch (JsonException)
        {
            return new SavedPlace();
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SavedPlace))]
internal sealed partial class SavedPlaceContext : JsonSerializerContext;
