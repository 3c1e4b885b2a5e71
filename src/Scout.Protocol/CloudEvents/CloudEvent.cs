using System.Collections.Immutable;
using System.Text;

namespace Scout.Protocol.CloudEvents;

/// <summary>One event by CloudEvents 1.0. Immutable. Whoever makes one by hand may have it checked by <see cref="CloudEventRules.Validate"/>.</summary>
public sealed record CloudEvent
{
    /// <summary>The only version there is.</summary>
    public const string SpecVersion = "1.0";

    /// <summary>Unique together with <see cref="Source"/>.</summary>
    public required string Id { get; init; }

    /// <summary>A URI-reference.</summary>
    public required string Source { get; init; }

    public required string Type { get; init; }

    public string? Subject { get; init; }

    public DateTimeOffset? Time { get; init; }

    /// <summary>Media type of the data; absent means JSON in structured mode.</summary>
    public string? DataContentType { get; init; }

    /// <summary>An absolute URI.</summary>
    public string? DataSchema { get; init; }

    /// <summary>Names <c>[a-z0-9]+</c>; unknown ones are kept and passed on.</summary>
    public ImmutableSortedDictionary<string, CloudEventValue> Extensions { get; init; } = NoExtensions;

    public CloudEventData Data { get; init; } = CloudEventData.None;

    internal static ImmutableSortedDictionary<string, CloudEventValue> NoExtensions { get; } =
        ImmutableSortedDictionary.Create<string, CloudEventValue>(StringComparer.Ordinal);

    /// <summary>The text of an extension, or null.</summary>
    public string? Extension(string name) => Extensions.TryGetValue(name, out CloudEventValue value) ? value.ToString() : null;
}

/// <summary>Value of an extension: text, Boolean or Integer (int32). Binary, URI and Timestamp are text in JSON and in headers.</summary>
public readonly record struct CloudEventValue
{
    private readonly string? text;
    private readonly int number;

    public CloudEventValue(string text)
    {
        this.text = text;
        Kind = CloudEventValueKind.Text;
    }

    public CloudEventValue(int number)
    {
        this.number = number;
        Kind = CloudEventValueKind.Integer;
    }

    public CloudEventValue(bool value)
    {
        number = value ? 1 : 0;
        Kind = CloudEventValueKind.Boolean;
    }

    public CloudEventValueKind Kind { get; }

    public int Integer => number;

    public bool Boolean => number != 0;

    /// <summary>The canonical text of the type system (CloudEvents 1.0, section 2.4).</summary>
    public override string ToString() => Kind switch
    {
        CloudEventValueKind.Integer => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        CloudEventValueKind.Boolean => number != 0 ? "true" : "false",
        _ => text ?? "",
    };
}

public enum CloudEventValueKind
{
    Text,
    Integer,
    Boolean,
}

/// <summary>What an event carries.</summary>
/// <param name="Kind">How <paramref name="Bytes"/> are meant.</param>
/// <param name="Bytes">JSON as UTF-8, text as UTF-8, or plain bytes.</param>
public readonly record struct CloudEventData(CloudEventDataKind Kind, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>No data at all; JSON <c>null</c> is data.</summary>
    public static CloudEventData None => default;

    /// <summary>One JSON value as UTF-8.</summary>
    public static CloudEventData Json(ReadOnlyMemory<byte> value) => new(CloudEventDataKind.Json, value);

    public static CloudEventData Text(string value) => new(CloudEventDataKind.Text, Encoding.UTF8.GetBytes(value));

    public static CloudEventData Binary(ReadOnlyMemory<byte> value) => new(CloudEventDataKind.Binary, value);

    public override string ToString() => Kind == CloudEventDataKind.Binary ? Convert.ToBase64String(Bytes.Span) : Encoding.UTF8.GetString(Bytes.Span);
}

public enum CloudEventDataKind
{
    None,
    Json,
    Text,
    Binary,
}
