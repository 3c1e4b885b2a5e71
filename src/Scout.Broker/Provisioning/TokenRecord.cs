using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Protocol;
using Scout.Protocol.Security.Enrolment;

namespace Scout.Broker.Provisioning;

/// <summary>A token as the bucket has it, under its public key: <c>new</c> until a key is bound to it, <c>used</c> when that node has started.</summary>
internal sealed record TokenRecord
{
    public int V { get; init; } = 1;

    /// <summary>Name or pattern of names.</summary>
    public required string For { get; init; }

    public ImmutableArray<string> Groups { get; init; } = [];

    public int Uses { get; init; } = 1;

    public bool Replace { get; init; }

    public bool Revoked { get; init; }

    public required DateTimeOffset Made { get; init; }

    public required DateTimeOffset Expires { get; init; }

    public string By { get; init; } = "";

    public ImmutableArray<TokenUse> Bound { get; init; } = [];

    /// <summary>One name and one use: its maker has said who comes.</summary>
    [JsonIgnore]
    public bool IsSingle => Uses == 1 && Names.IsNode(For);

    public string State(DateTimeOffset now) =>
        Revoked ? "revoked" : Bound.Length >= Uses ? Bound.All(static use => use.Started is not null) ? "used" : "bound" : Expires <= now ? "expired" : Bound.IsEmpty ? "new" : "bound";
}

/// <summary>A key that had a use of a token.</summary>
/// <param name="Started">When its node first spoke; from then on the token answers it no more.</param>
internal sealed record TokenUse(string Key, string Node, DateTimeOffset At, DateTimeOffset? Started);

/// <summary>Who has a name: <c>node/NAME</c>. The one place that decides it.</summary>
internal sealed record NodeRecord
{
    public int V { get; init; } = 1;

    public required string Node { get; init; }

    public required string Key { get; init; }

    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>Public key of the token it came with.</summary>
    public string Token { get; init; } = "";

    public required DateTimeOffset Since { get; init; }

    /// <summary>Of the credentials given last.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The key it took the name from, until that is revoked.</summary>
    public string? Previous { get; init; }

    /// <summary>The key before this one, when the node has taken a new one at a renewal.</summary>
    public string? Former { get; init; }

    /// <summary>When it did.</summary>
    public DateTimeOffset? Rekeyed { get; init; }

    public NodeFactsBrief? Facts { get; init; }
}

/// <summary>Who waits for a person: <c>ask/NAME</c>.</summary>
internal sealed record AskRecord
{
    public int V { get; init; } = 1;

    public required string Node { get; init; }

    public required string Key { get; init; }

    /// <summary>Public key of the token; empty for a recovery.</summary>
    public string Token { get; init; } = "";

    public ImmutableArray<string> Groups { get; init; } = [];

    public required DateTimeOffset At { get; init; }

    /// <summary><c>pending approved denied done</c>.</summary>
    public required string State { get; init; }

    public string By { get; init; } = "";

    public string? Reason { get; init; }

    public NodeFactsBrief? Facts { get; init; }
}

/// <summary>Keys and bytes of the bucket.</summary>
internal static class TokenBookFormat
{
    private const string NodePrefix = "node/";
    private const string AskPrefix = "ask/";

    public static string NodeKey(string node) => NodePrefix + node;

    public static string AskKey(string node) => AskPrefix + node;

    public static bool IsToken(string key) => Names.IsKey(key);

    public static bool IsNode(string key) => key.StartsWith(NodePrefix, StringComparison.Ordinal);

    public static bool IsAsk(string key) => key.StartsWith(AskPrefix, StringComparison.Ordinal);

    public static byte[] ToBytes(TokenRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, TokenBookContext.Default.TokenRecord);

    public static byte[] ToBytes(NodeRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, TokenBookContext.Default.NodeRecord);

    public static byte[] ToBytes(AskRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, TokenBookContext.Default.AskRecord);

    /// <exception cref="ProvisioningException">The entry cannot be read: nothing is decided by it.</exception>
    public static TokenRecord Token(BookEntry entry) => Read(entry, TokenBookContext.Default.TokenRecord);

    /// <inheritdoc cref="Token"/>
    public static NodeRecord Node(BookEntry entry) => Read(entry, TokenBookContext.Default.NodeRecord);

    /// <inheritdoc cref="Token"/>
    public static AskRecord Ask(BookEntry entry) => Read(entry, TokenBookContext.Default.AskRecord);

    private static T Read<T>(BookEntry entry, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(entry.Value, type) ?? throw new ProvisioningException("an entry of the bucket is null");
        }
        catch (JsonException error)
        {
            throw new ProvisioningException("an entry of the bucket cannot be read: " + error.Message, error);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(Scout.Protocol.Json.UtcTimeConverter)])]
[JsonSerializable(typeof(TokenRecord))]
[JsonSerializable(typeof(NodeRecord))]
[JsonSerializable(typeof(AskRecord))]
internal sealed partial class TokenBookContext : JsonSerializerContext;
