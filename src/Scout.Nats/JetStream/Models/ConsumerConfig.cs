using System.Text.Json.Serialization;

namespace Scout.Nats;

[JsonConverter(typeof(JsonStringEnumConverter<ConsumerConfigDeliverPolicy>))]
public enum ConsumerConfigDeliverPolicy
{
    [JsonStringEnumMemberName("all")]
    All,
    [JsonStringEnumMemberName("last")]
    Last,
    [JsonStringEnumMemberName("new")]
    New,
    [JsonStringEnumMemberName("by_start_sequence")]
    ByStartSequence,
    [JsonStringEnumMemberName("by_start_time")]
    ByStartTime,
    [JsonStringEnumMemberName("last_per_subject")]
    LastPerSubject,
}

[JsonConverter(typeof(JsonStringEnumConverter<ConsumerConfigAckPolicy>))]
public enum ConsumerConfigAckPolicy
{
    [JsonStringEnumMemberName("none")]
    None,
    [JsonStringEnumMemberName("all")]
    All,
    [JsonStringEnumMemberName("explicit")]
    Explicit,
}

[JsonConverter(typeof(JsonStringEnumConverter<ConsumerConfigReplayPolicy>))]
public enum ConsumerConfigReplayPolicy
{
    [JsonStringEnumMemberName("instant")]
    Instant,
    [JsonStringEnumMemberName("original")]
    Original,
}

/// <summary>A pull consumer as it is asked for, and as the server answers.</summary>
public sealed record ConsumerConfig
{
    public ConsumerConfig()
    {
    }

    public ConsumerConfig(string name)
    {
        Name = name;
        DurableName = name;
    }

    [JsonPropertyName("name")]
    public string? Name { get; init; }

    /// <summary>The same as <see cref="Name"/> for a consumer that stays, null for one that ends when nobody uses it.</summary>
    [JsonPropertyName("durable_name")]
    public string? DurableName { get; init; }

    [JsonPropertyName("description")]
    public string? Description { get; init; }

    [JsonPropertyName("deliver_policy")]
    public ConsumerConfigDeliverPolicy DeliverPolicy { get; init; }

    [JsonPropertyName("opt_start_seq")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong OptStartSeq { get; init; }

    [JsonPropertyName("opt_start_time")]
    public DateTimeOffset? OptStartTime { get; init; }

    /// <summary>Always sent: servers differ in what they take for granted.</summary>
    [JsonPropertyName("ack_policy")]
    public ConsumerConfigAckPolicy AckPolicy { get; init; } = ConsumerConfigAckPolicy.Explicit;

    [JsonPropertyName("ack_wait")]
    [JsonConverter(typeof(NanosecondsConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan AckWait { get; init; }

    /// <summary>Deliveries of one message; 0 leaves it to the server, -1 is without limit.</summary>
    [JsonPropertyName("max_deliver")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxDeliver { get; init; }

    [JsonPropertyName("filter_subject")]
    public string? FilterSubject { get; init; }

    [JsonPropertyName("replay_policy")]
    public ConsumerConfigReplayPolicy ReplayPolicy { get; init; }

    [JsonPropertyName("max_ack_pending")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxAckPending { get; init; }

    [JsonPropertyName("max_waiting")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxWaiting { get; init; }

    [JsonPropertyName("headers_only")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HeadersOnly { get; init; }

    [JsonPropertyName("inactive_threshold")]
    [JsonConverter(typeof(NanosecondsConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan InactiveThreshold { get; init; }

    [JsonPropertyName("num_replicas")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NumReplicas { get; init; }

    [JsonPropertyName("mem_storage")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool MemStorage { get; init; }
}

internal sealed record ConsumerCreateRequest
{
    [JsonPropertyName("stream_name")]
    public string StreamName { get; init; } = "";

    [JsonPropertyName("config")]
    public ConsumerConfig Config { get; init; } = new();
}

/// <summary>Where a consumer stands.</summary>
public sealed record ConsumerInfo : ApiResponse
{
    [JsonPropertyName("stream_name")]
    public string StreamName { get; init; } = "";

    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("created")]
    public DateTimeOffset Created { get; init; }

    [JsonPropertyName("config")]
    public ConsumerConfig Config { get; init; } = new();

    [JsonPropertyName("delivered")]
    public SequenceInfo Delivered { get; init; } = new();

    [JsonPropertyName("ack_floor")]
    public SequenceInfo AckFloor { get; init; } = new();

    [JsonPropertyName("num_ack_pending")]
    public long NumAckPending { get; init; }

    [JsonPropertyName("num_redelivered")]
    public long NumRedelivered { get; init; }

    [JsonPropertyName("num_waiting")]
    public long NumWaiting { get; init; }

    /// <summary>Messages that are still to be delivered for the first time.</summary>
    [JsonPropertyName("num_pending")]
    public long NumPending { get; init; }
}

public sealed record SequenceInfo
{
    [JsonPropertyName("consumer_seq")]
    public ulong ConsumerSeq { get; init; }

    [JsonPropertyName("stream_seq")]
    public ulong StreamSeq { get; init; }
}

internal sealed record PullRequest
{
    [JsonPropertyName("batch")]
    public int Batch { get; init; }

    [JsonPropertyName("expires")]
    [JsonConverter(typeof(NanosecondsConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan Expires { get; init; }

    [JsonPropertyName("max_bytes")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MaxBytes { get; init; }

    [JsonPropertyName("no_wait")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NoWait { get; init; }

    [JsonPropertyName("idle_heartbeat")]
    [JsonConverter(typeof(NanosecondsConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan IdleHeartbeat { get; init; }
}
