using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Scout.Broker.Keys;
using Scout.Protocol.Json;

namespace Scout.Broker.Files;

/// <summary>File <c>broker.json</c>: what <c>scout broker init</c> was told, for <c>run</c> and for whoever hands out addresses.</summary>
internal sealed record BrokerSettings
{
    public const string SchemaName = "io.scout.broker.v1";

    public const int DefaultPort = 4222;

    public const string DefaultListen = "0.0.0.0:4222";

    private const int MaxHosts = 16;
    private const int MaxBytes = 16 * 1024;

    public string Schema { get; init; } = SchemaName;

    /// <summary>Names and addresses by which nodes reach the broker; each stands in its certificate.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>Where nats-server listens.</summary>
    public string Listen { get; init; } = DefaultListen;

    /// <summary>What nodes are told, when it is not <c>tls://HOST:PORT</c> of each host: behind a gateway that has another port, say.</summary>
    public IReadOnlyList<string>? Urls { get; init; }

    /// <summary>The broker is not ours (security.md 14); null: it is.</summary>
    public External.ExternalSettings? External { get; init; }

    public DateTimeOffset Created { get; init; }

    /// <summary>Where a node or a command connects, separated by commas.</summary>
    [JsonIgnore]
    public string UrlList => string.Join(',', Addresses);

    [JsonIgnore]
    public IReadOnlyList<string> Addresses => Urls is { Count: > 0 } given ? given : [.. Hosts.Select(host => $"tls://{(host.Contains(':') ? $"[{host}]" : host)}:{Port}")];

    private string Port => Listen[(Listen.LastIndexOf(':') + 1)..];

    /// <summary>Null when it is a name or address that can stand in a certificate; else why not.</summary>
    public static string? WhyNoHost(string host)
    {
        if (IPAddress.TryParse(host, out IPAddress? address)) return address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? $"'{host}' is no address that somebody could connect to" : null;
        bool good = host.Length is > 0 and <= 253 && Uri.CheckHostName(host) == UriHostNameType.Dns && host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
        return good ? null : $"'{Protocol.Shown.Clip(host)}' is no host name and no address (without port and scheme, such as broker.example.org)";
    }

    /// <summary>Null when good; else what is wrong.</summary>
    public string? WhyBad()
    {
        if (Schema != SchemaName) return $"its schema is not {SchemaName}";
        if (Hosts is null || Hosts.Count is 0 or > MaxHosts) return $"it must name 1 to {MaxHosts} hosts";
        return Hosts.Select(WhyNoHost).FirstOrDefault(static why => why is not null) ?? (Listen.LastIndexOf(':') > 0 ? null : "'listen' is not HOST:PORT");
    }

    public static bool TryRead(string path, [NotNullWhen(true)] out BrokerSettings? settings, [NotNullWhen(false)] out string? error)
    {
        settings = null;
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (bytes.Length <= MaxBytes) settings = JsonSerializer.Deserialize(bytes, SettingsJsonContext.Default.BrokerSettings);
            error = settings is null ? "it is empty or too long" : settings.WhyBad();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            error = failure.Message;
        }

        if (error is null && settings is not null) return true;
        error = $"{path}: {error}";
        settings = null;
        return false;
    }

    /// <exception cref="BrokerKeyException">It cannot be used.</exception>
    public static BrokerSettings Read(BrokerFiles files) => TryRead(files.Settings, out BrokerSettings? settings, out string? error)
        ? settings
        : throw new BrokerKeyException(error, $"'scout broker init {files.Root} --host NAME' writes it");

    public void Write(BrokerFiles files) => PrivateFile.Replace(files.Settings, Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(this, SettingsJsonContext.Default.BrokerSettings)) + "\n");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    MaxDepth = 4,
    Converters = [typeof(UtcTimeConverter), typeof(JsonStringEnumConverter<External.ManageStreams>)])]
[JsonSerializable(typeof(BrokerSettings))]
internal sealed partial class SettingsJsonContext : JsonSerializerContext;
