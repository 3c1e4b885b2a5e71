using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scout.Broker.Supervision;

namespace Scout.Broker.Configuration;

/// <summary>What the configuration of a secure broker is made of.</summary>
/// <param name="Certificate">File: the server's certificate, then its authority.</param>
/// <param name="CertificateKey">File: its private key.</param>
/// <param name="Operator">JWT.</param>
/// <param name="SystemAccount">Public key.</param>
/// <param name="Accounts">Public key and JWT of each account.</param>
internal sealed record SecureConfigParts(string Certificate, string CertificateKey, string Operator, string SystemAccount, IReadOnlyList<KeyValuePair<string, string>> Accounts);

/// <summary>The configuration file of nats-server (security.md 3; in dev mode less TLS and accounts). Accepted by 2.9.10 and later.</summary>
internal static class NatsServerConfig
{
    public const string PidFile = "nats.pid";

    // nats-server does not know \\u in a text.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Dev(BrokerDirectory directory, ListenAddress listen, string? token, NatsServerVersion version)
    {
        var text = new StringBuilder();
        Line(text, "# Written by 'scout broker run --dev' at each start; changes are lost.");
        Line(text, "server_name: \"scout-dev\"");
        Common(text, directory, listen);
        // The default of 2 s fails logins in a reconnect storm.
        Line(text, token is null ? "authorization { timeout: 10 }" : $"authorization {{ timeout: 10, token: {Quote(token)} }}");
        JetStream(text, directory, version);
        return text.ToString();
    }

    /// <summary>
    /// TLS, and no user but those whose JWT the accounts know: as small for 100,000 nodes as for ten. No <c>no_auth_user</c>, no WebSocket, no MQTT, no leaf nodes.
    /// </summary>
    public static string Secure(BrokerDirectory directory, ListenAddress listen, SecureConfigParts parts, NatsServerVersion version, ServerShape shape)
    {
        var tls = new JsonObject { ["cert_file"] = parts.Certificate, ["key_file"] = parts.CertificateKey, ["timeout"] = 10, ["connection_rate_limit"] = 500 };
        // 2.9 has 1.2 as its floor, and refuses the word.
        if (version.IsAtLeast(2, 10)) tls["min_version"] = "1.2";
        var jetStream = new JsonObject { ["store_dir"] = directory.Store, ["max_mem"] = shape.MaxMemory, ["max_file"] = shape.MaxFile };
        if (version.IsAtLeast(2, 10)) jetStream["sync_interval"] = "10s";
        var accounts = new JsonObject();
        foreach ((string key, string jwt) in parts.Accounts) accounts[key] = jwt;
        var config = new JsonObject
        {
            ["server_name"] = shape.Name,
            ["listen"] = Address(listen),
            ["http"] = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{shape.MonitorPort}"),
            ["pid_file"] = Path.Combine(directory.Run, PidFile),
            ["ports_file_dir"] = directory.Run,
            ["max_connections"] = 65_536,
            ["max_payload"] = 1 << 20,
            ["max_control_line"] = 8192,
            ["max_pending"] = 64 << 20,
            ["write_deadline"] = "10s",
            ["ping_interval"] = "20s",
            ["ping_max"] = 2,
            ["lame_duck_duration"] = "30s",
            ["lame_duck_grace_period"] = "10s",
            ["authorization"] = new JsonObject { ["timeout"] = 10 },
            ["tls"] = tls,
            ["jetstream"] = jetStream,
            ["operator"] = parts.Operator,
            ["system_account"] = parts.SystemAccount,
            ["resolver"] = "MEMORY",
            ["resolver_preload"] = accounts,
        };
        if (shape.Cluster is { } cluster) config["cluster"] = Cluster(cluster);
        if (shape.Merge is { } merge) ConfigMerge.Into(config, merge);
        var text = new StringBuilder();
        Line(text, "# Written by 'scout broker'; changes are lost.");
        // Each part on a line of its own, in the JSON that nats-server reads as well.
        foreach ((string key, JsonNode? value) in config) Line(text, $"{key}: {Json(value)}");
        return text.ToString();
    }

    /// <summary>Servers of a cluster show each other certificates of an authority that nobody else knows; clients are not told their addresses, which no certificate names.</summary>
    private static JsonObject Cluster(ClusterShape cluster) => new()
    {
        ["name"] = cluster.Name,
        ["listen"] = Address(cluster.Listen),
        ["no_advertise"] = true,
        ["tls"] = new JsonObject { ["cert_file"] = cluster.Certificate, ["key_file"] = cluster.Key, ["ca_file"] = cluster.Authority, ["timeout"] = 10 },
        ["routes"] = new JsonArray([.. cluster.Routes.Select(static route => (JsonNode)route)]),
    };

    private static void Common(StringBuilder text, BrokerDirectory directory, ListenAddress listen)
    {
        // Port 0 means the default port to nats-server; -1 is a free one.
        Line(text, $"listen: {Quote(Address(listen))}");
        Line(text, "http: \"127.0.0.1:-1\"");
        Line(text, $"pid_file: {Quote(Path.Combine(directory.Run, PidFile))}");
        Line(text, $"ports_file_dir: {Quote(directory.Run)}");
        Line(text, "max_connections: 65536");
        Line(text, "max_payload: 1MB");
        Line(text, "max_control_line: 8192");
        Line(text, "max_pending: 64MB");
        Line(text, "write_deadline: \"10s\"");
        Line(text, "ping_interval: \"20s\"");
        Line(text, "ping_max: 2");
        Line(text, "lame_duck_duration: \"30s\"");
        Line(text, "lame_duck_grace_period: \"10s\"");
    }

    private static void JetStream(StringBuilder text, BrokerDirectory directory, NatsServerVersion version)
    {
        string sync = version.IsAtLeast(2, 10) ? ", sync_interval: \"10s\"" : "";
        // What our streams may hold is 12 GB. With accounts, 2.9.10 counts a stream twice while it restores it: with 20 GB it left SCOUT_EVENTS and its consumers out at each start.
        Line(text, $"jetstream {{ store_dir: {Quote(directory.Store)}, max_mem: 64MB, max_file: 32GB{sync} }}");
    }

    private static string Json(JsonNode? value)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes, Plain))
        {
            if (value is null) writer.WriteNullValue();
            else value.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private static string Address(ListenAddress listen)
    {
        string host = listen.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{listen.Address}]" : listen.Address.ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{host}:{(listen.Port == 0 ? -1 : listen.Port)}");
    }

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
