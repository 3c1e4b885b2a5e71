using System.Text.Json.Serialization;

namespace Scout.Nats;

[JsonConverter(typeof(JsonStringEnumConverter<StreamConfigRetention>))]
public enum StreamConfigRetention
{
    [JsonStringEnumMemberName("limits")]
    Limits,
    [JsonStringEnumMemberName("interest")]
    Interest,
    [JsonStringEnumMemberName("workqueue")]
    Workqueue,
}

[JsonConverter(typeof(JsonStringEnumConverter<StreamConfigStorage>))]
public enum StreamConfigStorage
{
    [JsonStringEnumMemberName("file")]
    File,
    [JsonStringEnumMemberName("memory")]
    Memory,
}

[JsonConverter(typeof(JsonStringEnumConverter<StreamConfigDiscard>))]
public enum StreamConfigDiscard
{
    [JsonStringEnumMemberName("old")]
    Old,
    [JsonStringEnumMemberName("new")]
    New,
}

[JsonConverter(typeof(JsonStringEnumConverter<StreamConfigCompression>))]
public enum StreamConfigCompression
{
    [JsonStringEnumMemberName("none")]
    None,
    [JsonStringEnumMemberName("s2")]
    S2,
}

/// <summary>Where a stream copies messages from.</summary>
public sealed record StreamSource
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("filter_subject")]
    public string? FilterSubject { get; init; }

    [JsonPropertyName("opt_start_seq")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong OptStartSeq { get; init; }

    [JsonPropertyName("opt_start_time")]
    public DateTimeOffset? OptStartTime { get; init; }
}

/// <summary>Publishes stored messages again on another subject.</summary>
public sealed record Republish
{
    [JsonPropertyName("src")]
    public string? Src { get; init; }

    [JsonPropertyName("dest")]
    public string Dest { get; init; } = "";

    [JsonPropertyName("headers_only")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HeadersOnly { get; init; }
}

/// <summary>A stream as it is asked for, and as the server answers. What is null is not sent, and not compared either.</summary>
public sealed record StreamConfig
{
    public StreamConfig()
    {
    }

    public StreamConfig(string name, IReadOnlyList<string> subjects)
    {
        Name = name;
        Subjects = subjects;
    }

    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("description")]
    public string? Description { get; init; }

    [JsonPropertyName("subjects")]
    public IReadOnlyList<string>? Subjects { get; init; }

    [JsonPropertyName("retention")]
    public StreamConfigRetention Retention { get; init; }

    [JsonPropertyName("storage")]
    public StreamConfigStorage Storage { get; init; }

    [JsonPropertyName("discard")]
    public StreamConfigDiscard Discard { get; init; }

    /// <summary>-1 for no limit.</summary>
    [JsonPropertyName("max_msgs")]
    public long MaxMsgs { get; init; } = -1;

    /// <summary>-1 for no limit.</summary>
    [JsonPropertyName("max_msgs_per_subject")]
    public long MaxMsgsPerSubject { get; init; } = -1;

    /// <summary>-1 for no limit.</summary>
    [JsonPropertyName("max_bytes")]
    public long MaxBytes { get; init; } = -1;

    /// <summary>-1 for no limit.</summary>
    [JsonPropertyName("max_msg_size")]
    public int MaxMsgSize { get; init; } = -1;

    /// <summary>-1 for no limit.</summary>
    [JsonPropertyName("max_consumers")]
    public int MaxConsumers { get; init; } = -1;

    /// <summary>Zero for no limit.</summary>
    [JsonPropertyName("max_age")]
    [JsonConverter(typeof(NanosecondsConverter))]
    public TimeSpan MaxAge { get; init; }

    /// <summary>How long message ids are remembered; zero leaves it to the server (2 min).</summary>
    [JsonPropertyName("duplicate_window")]
    [JsonConverter(typeof(NanosecondsConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TimeSpan DuplicateWindow { get; init; }

    [JsonPropertyName("num_replicas")]
    public int NumReplicas { get; init; } = 1;

    [JsonPropertyName("no_ack")]
    public bool NoAck { get; init; }

    [JsonPropertyName("deny_delete")]
    public bool DenyDelete { get; init; }

    [JsonPropertyName("deny_purge")]
    public bool DenyPurge { get; init; }

    [JsonPropertyName("allow_rollup_hdrs")]
    public bool AllowRollupHdrs { get; init; }

    [JsonPropertyName("allow_direct")]
    public bool AllowDirect { get; init; }

    [JsonPropertyName("mirror_direct")]
    public bool MirrorDirect { get; init; }

    [JsonPropertyName("discard_new_per_subject")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DiscardNewPerSubject { get; init; }

    [JsonPropertyName("mirror")]
    public StreamSource? Mirror { get; init; }

    [JsonPropertyName("sources")]
    public IReadOnlyList<StreamSource>? Sources { get; init; }

    [JsonPropertyName("republish")]
    public Republish? Republish { get; init; }

    /// <summary>Servers before 2.10 do not know it, ignore it, and answer with success: leave it null there.</summary>
    [JsonPropertyName("compression")]
    public StreamConfigCompression? Compression { get; init; }

    /// <summary>Servers before 2.10 do not know it.</summary>
    [JsonPropertyName("metadata")]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}
