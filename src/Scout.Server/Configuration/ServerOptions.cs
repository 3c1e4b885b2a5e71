using System.Collections.Immutable;
using System.Net;
using Microsoft.Extensions.Logging;
using Scout.Machines.Definitions;
using Scout.Server.Logging;

namespace Scout.Server.Configuration;

/// <summary>What a node is told to be and do (server.md section 2), validated. Read once, at start.</summary>
public sealed record ServerOptions
{
    /// <summary><c>^[a-z0-9][a-z0-9_-]{0,62}$</c>.</summary>
    public required string Node { get; init; }

    public ServerMode Mode { get; init; }

    /// <summary>Of the node, in the roster; by key in ordinal order.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Up to 16.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    public string Zone { get; init; } = "";

    public string Region { get; init; } = "";

    /// <summary>Absolute folder of definitions.</summary>
    public required string Machines { get; init; }

    /// <summary>Absolute folder of the store.</summary>
    public required string Data { get; init; }

    /// <summary>Absolute path of a JSON file, or empty.</summary>
    public string Facts { get; init; } = "";

    /// <summary>Absolute path of a JSON file, or empty.</summary>
    public string Overrides { get; init; } = "";

    /// <summary>For schedules that give none.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Null: off. Port 0: a free one.</summary>
    public IPEndPoint? Http { get; init; }

    /// <summary>Absolute path of the local socket; null: off.</summary>
    public string? Socket { get; init; }

    public string SocketGroup { get; init; } = "";

    /// <summary>Up to 16; none: no broker and no outbox.</summary>
    public ImmutableArray<string> BrokerUrls { get; init; } = [];

    /// <summary>Null: the broker is one of Scout.</summary>
    public ExternalBrokerOptions? External { get; init; }

    /// <summary>Dev mode only; or empty.</summary>
    public string BrokerTokenFile { get; init; } = "";

    /// <summary>Absolute path of the policy; empty: everybody who gets in may do everything (dev mode without one).</summary>
    public string Policy { get; init; } = "";

    /// <summary>Nobody named <see cref="Policy"/>: without the file the built-in rules hold.</summary>
    public bool PolicyIsDefault { get; init; }

    /// <summary>At a broker that is not ours, without a trust document: whoever the broker lets ask may have effects, too.</summary>
    public bool TrustBroker { get; init; }

    /// <summary>Nothing proves who asks over the broker: there is a login that all share (security.md 14).</summary>
    public bool SharesLogin => External is { TrustFile: "" };

    /// <summary>Absolute path of the audit's file; empty: none is kept.</summary>
    public string AuditFile { get; init; } = "";

    /// <summary>Absolute path of the enrolment token, which may come later; or empty.</summary>
    public string EnrollTokenFile { get; init; } = "";

    /// <summary>The token of <c>SCOUT_ENROLL_TOKEN</c>, which goes before the file.</summary>
    public Enrolment.SecretText? EnrollToken { get; init; }

    /// <summary>Whether each renewal of the credentials brings a new key.</summary>
    public bool RenewKey { get; init; }

    /// <summary>Whether there is a fleet to belong to: a broker is named, a token is or was there. Else there is no line and no outbox.</summary>
    public bool HasBroker { get; init; }

    public ImmutableArray<string> PluginPath { get; init; } = DefaultPluginPath;

    /// <summary>More users whose plugins are trusted.</summary>
    public ImmutableArray<string> PluginOwners { get; init; } = [];

    /// <summary>Whom plugins run as when their definition names nobody; empty: the server's own user.</summary>
    public string PluginUser { get; init; } = "";

    /// <summary>Whom definitions may name besides.</summary>
    public ImmutableArray<string> PluginUsers { get; init; } = [];

    public ExecutorKind Executor { get; init; }

    /// <summary>Runs at a time, 1 to 1,024.</summary>
    public int Slots { get; init; } = DefaultSlots;

    /// <summary>Kept stdout of a run, bytes, 4 KiB to 1 MiB.</summary>
    public int MaxOutput { get; init; } = 64 * 1024;

    /// <summary>Soft limit of descriptors of server and plugins, 256 to 1,048,576.</summary>
    public int MaxOpenFiles { get; init; } = 4096;

    public EventOptions Events { get; init; } = new();

    public JournalOptions Store { get; init; } = new();

    public TextfileOptions Textfile { get; init; } = new();

    public MetricsOptions Metrics { get; init; } = new();

    public MeshOptions Mesh { get; init; } = new();

    public TrafficSettings Traffic { get; init; } = new();

    public LogOptions Log { get; init; } = new();

    /// <summary>1 s to 5 m.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Where a token is looked for when nobody names another place.</summary>
    public const string DefaultEnrollToken = "/etc/scout/enroll.token";

    /// <summary>4 x cores, at least 16.</summary>
    public static int DefaultSlots => Math.Max(16, 4 * Environment.ProcessorCount);

    /// <summary>plugins.md section 1.</summary>
    public static ImmutableArray<string> DefaultPluginPath { get; } =
    [
        "/etc/scout/plugins", "/usr/lib/scout/plugins", "/usr/lib/nagios/plugins", "/usr/lib64/nagios/plugins", "/usr/lib/monitoring-plugins",
        "/usr/local/lib/nagios/plugins",
    ];
}

/// <summary>How the node and its broker trust each other (security.md section 2).</summary>
public enum ServerMode
{
    Secure,
    Dev,
}

/// <summary>Which executor runs plugins.</summary>
public enum ExecutorKind
{
    Auto,
    Process,
}

/// <summary>What is published, and how much may wait.</summary>
public sealed record EventOptions
{
    public EventDetail Default { get; init; } = EventDetail.Changes;

    /// <summary>1 m to 24 h.</summary>
    public TimeSpan StateInterval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>1,000 to 10,000,000.</summary>
    public int MaxEvents { get; init; } = 100_000;

    /// <summary>Bytes, 1 MiB to 4 GiB.</summary>
    public long MaxBytes { get; init; } = 64L << 20;
}

/// <summary>The journal.</summary>
public sealed record JournalOptions
{
    /// <summary>Bytes, 64 KiB to 64 MiB.</summary>
    public long Segment { get; init; } = 8L << 20;

    /// <summary>0 to 90 d.</summary>
    public TimeSpan HistoryAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Bytes, 0 to 10 GiB.</summary>
    public long HistoryBytes { get; init; } = 64L << 20;
}

/// <summary>The file for node_exporter.</summary>
public sealed record TextfileOptions
{
    /// <summary>Absolute; empty: none.</summary>
    public string Directory { get; init; } = "";

    /// <summary>1 s to 10 m.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>Bounds of series.</summary>
public sealed record MetricsOptions
{
    /// <summary>Numbers of performance data a check, 0 to 512.</summary>
    public int PerfData { get; init; } = 32;

    /// <summary>A node, 1,000 to 2,000,000.</summary>
    public int MaxSeries { get; init; } = 200_000;
}

/// <summary>The log.</summary>
public sealed record LogOptions
{
    public LogLevel Level { get; init; } = LogLevel.Information;

    public LogFormat Format { get; init; } = LogFormat.Text;
}
