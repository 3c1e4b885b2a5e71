using System.Text.Json.Serialization;

namespace Scout.Nats;

/// <summary>An error as JetStream reports it.</summary>
public sealed record ApiError
{
    [JsonPropertyName("code")]
    public int Code { get; init; }

    [JsonPropertyName("err_code")]
    public int ErrCode { get; init; }

    [JsonPropertyName("description")]
    public string Description { get; init; } = "";
}

/// <summary>What every answer of the API has.</summary>
public abstract record ApiResponse
{
    [JsonPropertyName("type")]
    public string? Type { get; init; }

    [JsonPropertyName("error")]
    public ApiError? Error { get; init; }
}

/// <summary>The answer to a call that only succeeds or not.</summary>
internal sealed record SuccessResponse : ApiResponse
{
    [JsonPropertyName("success")]
    public bool Success { get; init; }
}

public sealed record StreamPurgeRequest
{
    /// <summary>Only messages of this subject; wildcards allowed.</summary>
    [JsonPropertyName("filter")]
    public string? Filter { get; init; }

    /// <summary>Only messages before this sequence.</summary>
    [JsonPropertyName("seq")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Seq { get; init; }

    /// <summary>All but the newest so many.</summary>
    [JsonPropertyName("keep")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Keep { get; init; }
}

public sealed record StreamPurgeResponse : ApiResponse
{
    [JsonPropertyName("success")]
    public bool Success { get; init; }

    [JsonPropertyName("purged")]
    public ulong Purged { get; init; }
}

public sealed record StreamInfoRequest
{
    /// <summary>Asks for the number of messages of each subject that matches.</summary>
    [JsonPropertyName("subjects_filter")]
    public string? SubjectsFilter { get; init; }

    [JsonPropertyName("offset")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Offset { get; init; }
}

internal sealed record PageRequest
{
    [JsonPropertyName("offset")]
    public int Offset { get; init; }

    [JsonPropertyName("subject")]
    public string? Subject { get; init; }
}

internal sealed record StreamNamesResponse : ApiResponse
{
    [JsonPropertyName("total")]
    public int Total { get; init; }

    [JsonPropertyName("streams")]
    public List<string>? Streams { get; init; }
}

/// <summary>Which stored message to get; exactly one of the forms.</summary>
public sealed record StreamMsgGetRequest
{
    /// <summary>The message with this sequence; with <see cref="NextBySubj"/> the first one from there on.</summary>
    [JsonPropertyName("seq")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Seq { get; init; }

    /// <summary>The newest message of a subject.</summary>
    [JsonPropertyName("last_by_subj")]
    public string? LastBySubj { get; init; }

    /// <summary>The first message of a subject (wildcards allowed) from <see cref="Seq"/> on.</summary>
    [JsonPropertyName("next_by_subj")]
    public string? NextBySubj { get; init; }
}

/// <summary>What the account may use and uses.</summary>
public sealed record AccountInfoResponse : ApiResponse
{
    [JsonPropertyName("memory")]
    public long Memory { get; init; }

    [JsonPropertyName("storage")]
    public long Storage { get; init; }

    [JsonPropertyName("streams")]
    public int Streams { get; init; }

    [JsonPropertyName("consumers")]
    public int Consumers { get; init; }

    [JsonPropertyName("domain")]
    public string? Domain { get; init; }

    [JsonPropertyName("limits")]
    public AccountLimits? Limits { get; init; }

    [JsonPropertyName("api")]
    public ApiStats? Api { get; init; }
}

public sealed record AccountLimits
{
    [JsonPropertyName("max_memory")]
    public long MaxMemory { get; init; }

    [JsonPropertyName("max_storage")]
    public long MaxStorage { get; init; }

    [JsonPropertyName("max_streams")]
    public int MaxStreams { get; init; }

    [JsonPropertyName("max_consumers")]
    public int MaxConsumers { get; init; }

    /// <summary>Whether every stream must have a size limit.</summary>
    [JsonPropertyName("max_bytes_required")]
    public bool MaxBytesRequired { get; init; }
}

public sealed record ApiStats
{
    /// <summary>0 for servers before 2.11.</summary>
    [JsonPropertyName("level")]
    public int Level { get; init; }

    [JsonPropertyName("total")]
    public long Total { get; init; }

    [JsonPropertyName("errors")]
    public long Errors { get; init; }
}
