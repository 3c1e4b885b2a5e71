using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Broker.Files;

namespace Scout.Broker.Attached;

/// <summary>
/// What <c>scout broker config</c> is told of a nats-server that runs in a container of its own (kubernetes.md 4.3). It stays in <c>attached.json</c> of the broker's directory:
/// <c>scout broker run --attached</c> goes by that. All paths are absolute, and the same in both containers.
/// </summary>
public sealed record AttachedOptions
{
    /// <summary>The broker's directory: accounts, trust, logins. On a volume: revocations must outlive the pod.</summary>
    public required string Data { get; init; }

    /// <summary>Folder that both containers see: configuration, certificate, pid file.</summary>
    public required string Out { get; init; }

    /// <summary>Where nats-server keeps its streams.</summary>
    public required string Store { get; init; }

    /// <summary>Mounted Secret of <c>scout broker secret</c>; null: the directory was set up by <c>scout broker init</c> in its place.</summary>
    public string? Secret { get; init; }

    /// <summary><c>HOST:PORT</c> for clients; null: what <c>init</c> was told.</summary>
    public string? Listen { get; init; }

    /// <summary>Names by which nodes reach the broker; empty: those that <c>init</c> was told.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Port of the server's monitoring, on loopback.</summary>
    public int MonitorPort { get; init; } = 8222;

    /// <summary>Of the server; in a cluster the pod's.</summary>
    public string ServerName { get; init; } = "scout-1";

    /// <summary><c>MAJOR.MINOR</c> of the nats-server image: which words it knows.</summary>
    public string ServerVersion { get; init; } = "2.9";

    /// <summary>GiB that streams may have on disk.</summary>
    public int MaxFileGiB { get; init; } = 32;

    /// <summary>MiB that streams may have in memory.</summary>
    public int MaxMemoryMiB { get; init; } = 64;

    /// <summary><c>HOST:PORT</c> for the other servers of a cluster.</summary>
    public string ClusterListen { get; init; } = "0.0.0.0:6222";

    /// <summary>URLs of all servers of a cluster, <c>tls://HOST:PORT</c>; empty: it stands alone.</summary>
    public IReadOnlyList<string> Routes { get; init; } = [];

    /// <summary>Copies of each stream; 1, 3 or 5.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>File with a JSON object that is put over the configuration.</summary>
    public string? Merge { get; init; }

    public string? TlsCertificate { get; init; }

    public string? TlsKey { get; init; }

    public string? TlsAuthority { get; init; }

    /// <summary>A nats-server that judges the configuration; null: nobody does before the one that runs.</summary>
    public string? NatsServer { get; init; }

    internal static string PathIn(string data) => Path.Combine(data, "attached.json");

    internal void Write() => PrivateFile.Replace(PathIn(Data), Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(this, AttachedJsonContext.Default.AttachedOptions)) + "\n");

    /// <summary>Null when there is none, or it cannot be read.</summary>
    internal static AttachedOptions? Read(string data, out string? error)
    {
        error = null;
        string path = PathIn(data);
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), AttachedJsonContext.Default.AttachedOptions) : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            error = $"{path} cannot be used: {failure.Message}";
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true, MaxDepth = 4)]
[JsonSerializable(typeof(AttachedOptions))]
internal sealed partial class AttachedJsonContext : JsonSerializerContext;
