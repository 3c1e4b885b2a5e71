using System.Text.Json;
using System.Text.Json.Serialization;

namespace Scout.Nats;

/// <summary>A stream: what it was asked to be and what it holds.</summary>
public sealed record StreamInfo : ApiResponse
{
    [JsonPropertyName("config")]
    public StreamConfig Config { get; init; } = new();

    [JsonPropertyName("state")]
    public StreamState State { get; init; } = new();

    [JsonPropertyName("created")]
    public DateTimeOffset Created { get; init; }

    [JsonPropertyName("mirror")]
    public StreamSourceInfo? Mirror { get; init; }

    [JsonPropertyName("sources")]
    public IReadOnlyList<StreamSourceInfo>? Sources { get; init; }

    [JsonPropertyName("cluster")]
    public ClusterInfo? Cluster { get; init; }

    /// <summary>The configuration exactly as answered, for comparison.</summary>
    [JsonIgnore]
    internal JsonElement AnsweredConfig { get; init; }
}

public sealed record StreamState
{
    [JsonPropertyName("messages")]
    public long Messages { get; init; }

    [JsonPropertyName("bytes")]
    public long Bytes { get; init; }

    [JsonPropertyName("first_seq")]
    public ulong FirstSeq { get; init; }

    [JsonPropertyName("first_ts")]
    public DateTimeOffset FirstTs { get; init; }

    [JsonPropertyName("last_seq")]
    public ulong LastSeq { get; init; }

    [JsonPropertyName("last_ts")]
    public DateTimeOffset LastTs { get; init; }

    [JsonPropertyName("num_subjects")]
    public int NumSubjects { get; init; }

    [JsonPropertyName("num_deleted")]
    public long NumDeleted { get; init; }

    [JsonPropertyName("consumer_count")]
    public int ConsumerCount { get; init; }

    /// <summary>Messages by subject, when asked for with <see cref="StreamInfoRequest.SubjectsFilter"/>.</summary>
    [JsonPropertyName("subjects")]
    public IReadOnlyDictionary<string, long>? Subjects { get; init; }
}

public sealed record StreamSourceInfo
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    /// <summary>Messages not copied yet.</summary>
    [JsonPropertyName("lag")]
    public ulong Lag { get; init; }

    /// <summary>Since it was last heard of.</summary>
    [JsonPropertyName("active")]
    [JsonConverter(typeof(NanosecondsConverter))]
    public TimeSpan Active { get; init; }

    [JsonPropertyName("error")]
    public ApiError? Error { get; init; }
}

public sealed record ClusterInfo
{
    [JsonPropertyName("name")]
    public string? Name { get; init; }

    [JsonPropertyName("leader")]
    public string? Leader { get; init; }
}
