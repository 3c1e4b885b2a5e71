using System.Text.Json.Serialization;

namespace Scout.Protocol.Security.Enrolment;

/// <summary>What became of a request for credentials.</summary>
[JsonConverter(typeof(EnrolmentStatusConverter))]
public enum EnrolmentStatus
{
    Issued,

    /// <summary>A person must approve; ask again.</summary>
    Pending,

    Refused,
}

/// <summary>Why credentials were refused.</summary>
[JsonConverter(typeof(EnrolmentCodeConverter))]
public enum EnrolmentCode
{
    /// <summary>Not JSON, a field missing or too many.</summary>
    BadRequest,

    TokenUnknown,

    TokenExpired,

    /// <summary>Another key had it first, or the node has started since.</summary>
    TokenUsed,

    /// <summary>Withdrawn by <c>scout token revoke</c>.</summary>
    TokenRevoked,

    /// <summary>The token is for other names.</summary>
    NameNotAllowed,

    /// <summary>A node of this name is enrolled with another key.</summary>
    NameTaken,

    /// <summary>The signature does not fit the key.</summary>
    BadProof,

    /// <summary>The policy, or a person, said no.</summary>
    Denied,

    /// <summary>Too many at a time; ask again.</summary>
    Busy,

    /// <summary>The node's clock is off by more than five minutes.</summary>
    Stale,

    /// <summary>A request that was seen already.</summary>
    Replay,

    /// <summary>No node of this name and key is enrolled.</summary>
    NotEnrolled,

    /// <summary>The key was revoked.</summary>
    Revoked,

    /// <summary>The provisioner could not; ask again.</summary>
    Internal,
}

/// <summary>Words of both.</summary>
public static class EnrolmentWords
{
    internal static readonly string[] Statuses = ["issued", "pending", "refused"];

    internal static readonly string[] Codes =
    [
        "bad_request", "token_unknown", "token_expired", "token_used", "token_revoked", "name_not_allowed", "name_taken", "bad_proof", "denied", "busy", "stale", "replay",
        "not_enrolled", "revoked", "internal",
    ];

    public static string Word(EnrolmentStatus status) => Statuses[(int)status];

    public static string Word(EnrolmentCode code) => Codes[(int)code];

    /// <summary>Whether asking again with the same means can help. A clock can be set right, a name be set free, and a person change his mind, but slowly.</summary>
    public static bool IsPassing(EnrolmentCode code) => code is EnrolmentCode.Busy or EnrolmentCode.Internal or EnrolmentCode.Stale or EnrolmentCode.Replay;
}

internal sealed class EnrolmentStatusConverter() : Mesh.WordConverter<EnrolmentStatus>(EnrolmentWords.Statuses);

internal sealed class EnrolmentCodeConverter() : Mesh.WordConverter<EnrolmentCode>(EnrolmentWords.Codes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 8, Converters = [typeof(Json.UtcTimeConverter)])]
[JsonSerializable(typeof(EnrolmentRequest))]
[JsonSerializable(typeof(EnrolmentReply))]
[JsonSerializable(typeof(EnrolmentTokenBody))]
[JsonSerializable(typeof(AdminRequest))]
[JsonSerializable(typeof(AdminReply))]
internal sealed partial class EnrolmentJsonContext : JsonSerializerContext;
