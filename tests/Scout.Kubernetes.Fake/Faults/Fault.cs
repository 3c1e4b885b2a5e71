namespace Scout.Kubernetes.Fake;

/// <summary>What becomes of a stream at a line.</summary>
public enum StreamAct
{
    None,

    /// <summary>Ends cleanly.</summary>
    End,

    /// <summary>The connection is reset.</summary>
    Reset,

    /// <summary>Half of the next line (or of a bookmark), then a clean end.</summary>
    HalfLine,

    /// <summary>Half of the next line (or of a bookmark), then the connection is reset.</summary>
    HalfLineReset,

    /// <summary>Nothing more comes, and the connection lives.</summary>
    Silence,

    /// <summary><see cref="Fault.Line"/> comes, and the watch goes on.</summary>
    Line,

    /// <summary><see cref="Fault.Line"/> comes, and the watch ends.</summary>
    LastLine,
}

/// <summary>What becomes of events.</summary>
public enum EventAct
{
    None,

    /// <summary>Each comes twice.</summary>
    Double,

    /// <summary>The first is not sent.</summary>
    Swallow,

    /// <summary>The first two are exchanged, when they come together.</summary>
    Swap,
}

/// <summary>Something that goes wrong, for some of the requests.</summary>
public sealed record Fault
{
    /// <summary>list, watch or get; null: any.</summary>
    public string? Verb { get; init; }

    /// <summary>Kind; null: any.</summary>
    public string? Plural { get; init; }

    /// <summary>Requests of this sort that pass before.</summary>
    public int Skip { get; init; }

    /// <summary>Requests that are hit.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Answer with this code and a Status.</summary>
    public int? Code { get; init; }

    /// <summary>Reason of the Status.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Reason in <c>details.causes</c>.</summary>
    public string? Cause { get; init; }

    /// <summary>Header <c>Retry-After</c>, seconds.</summary>
    public int? RetryAfter { get; init; }

    /// <summary><c>details.retryAfterSeconds</c>.</summary>
    public int? RetryAfterDetail { get; init; }

    /// <summary>Answer 200 with this page of HTML.</summary>
    public string? Html { get; init; }

    /// <summary>Wait this long before the headers.</summary>
    public TimeSpan HeaderDelay { get; init; }

    /// <summary>Break the connection before the headers.</summary>
    public bool ResetBeforeHeaders { get; init; }

    /// <summary>Break a list in its middle.</summary>
    public bool ResetInList { get; init; }

    /// <summary>Lines of a watch that pass before <see cref="Act"/>.</summary>
    public int AfterLines { get; init; }

    public StreamAct Act { get; init; }

    /// <summary>For <see cref="StreamAct.Line"/> and <see cref="StreamAct.LastLine"/>, without its LF.</summary>
    public string Line { get; init; } = "";

    public EventAct Events { get; init; }

    /// <summary>Bytes a piece; 1 splits every code point. 0: whole.</summary>
    public int ChunkSize { get; init; }

    /// <summary>An empty list says <c>null</c>.</summary>
    public bool ItemsNull { get; init; }

    /// <summary>A list says its version behind its items.</summary>
    public bool MetadataLast { get; init; }

    /// <summary>A line ERROR, as the API server writes it.</summary>
    public static string ErrorLine(int code, string reason, string message = "scripted") =>
        "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
        + $"\"message\":\"{message}\",\"reason\":\"{reason}\",\"code\":{code}" + "}}";
}
