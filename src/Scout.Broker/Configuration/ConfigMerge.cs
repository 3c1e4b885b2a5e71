using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Scout.Broker.Configuration;

/// <summary>
/// Settings of nats-server that somebody puts over ours (chart value <c>nats.configMerge</c>): objects are merged key by key, all else takes the place of what was there. What
/// decides who gets in, and where, is not up for it (security.md 2).
/// </summary>
internal static class ConfigMerge
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Identity, logins, addresses, and doors that Scout does not open.</summary>
    private static readonly string[] Kept =
    [
        "server_name", "listen", "host", "addr", "net", "port", "http", "http_port", "monitor_port", "https", "https_port", "http_base_path", "pid_file", "pidfile", "ports_file_dir", "authorization", "accounts", "users", "no_auth_user", "operator", "operators",
        "trusted", "trusted_keys", "roots", "root", "system_account", "system", "resolver", "account_resolver", "resolver_preload", "resolver_tls", "websocket", "mqtt", "leafnodes", "leaf", "gateway", "include", "allow_non_tls",
    ];

    /// <summary>Within sections of ours.</summary>
    private static readonly string[] KeptWithin =
    [
        "tls.cert_file", "tls.key_file", "tls.ca_file", "tls.insecure", "tls.verify", "tls.verify_and_map", "tls.min_version", "jetstream.store_dir", "jetstream.max_file", "jetstream.max_mem", "jetstream.max_file_store", "jetstream.max_memory_store",
        "cluster.name", "cluster.tls", "cluster.listen", "cluster.host", "cluster.port", "cluster.authorization", "cluster.routes", "cluster.no_advertise",
    ];

    /// <summary>Reads a JSON object.</summary>
    /// <param name="path">File.</param>
    /// <param name="merge">What it says.</param>
    /// <param name="error">Where and what is wrong.</param>
    public static bool TryRead(string path, [NotNullWhen(true)] out JsonObject? merge, [NotNullWhen(false)] out string? error)
    {
        merge = null;
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            if (bytes.Length > MaxBytes) error = $"{path} is longer than {MaxBytes / 1024} KiB";
            else error = (merge = JsonNode.Parse(bytes, documentOptions: new JsonDocumentOptions { MaxDepth = 16 }) as JsonObject) is null ? $"{path} is no JSON object" : WhyRefused(merge) is { } why ? $"{path}: {why}" : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            error = $"{path} cannot be read: {failure.Message}";
        }

        if (error is not null) merge = null;
        return merge is not null;
    }

    /// <summary>Null when all of it may be set.</summary>
    public static string? WhyRefused(JsonObject merge)
    {
        foreach ((string key, JsonNode? value) in merge)
        {
            if (Kept.Contains(key, StringComparer.OrdinalIgnoreCase)) return $"'{Protocol.Shown.Clip(key)}' is set by Scout and cannot be merged";
            if (!key.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_')) return $"'{Protocol.Shown.Clip(key)}' is no setting of nats-server";
            // A section that is no object would take the place of ours.
            if (key.ToLowerInvariant() is "tls" or "jetstream" or "cluster" && value is not JsonObject) return $"'{key}' must be an object";
            if (value is not JsonObject within) continue;
            foreach ((string inner, _) in within)
            {
                if (KeptWithin.Contains($"{key}.{inner}", StringComparer.OrdinalIgnoreCase)) return $"'{key}.{Protocol.Shown.Clip(inner)}' is set by Scout and cannot be merged";
            }
        }

        return null;
    }

    public static void Into(JsonObject config, JsonObject merge)
    {
        foreach ((string key, JsonNode? value) in merge)
        {
            // nats-server does not mind the case of letters.
            string there = config.Select(static one => one.Key).FirstOrDefault(one => string.Equals(one, key, StringComparison.OrdinalIgnoreCase)) ?? key;
            if (value is JsonObject over && config[there] is JsonObject under) Into(under, over);
            else config[there] = value?.DeepClone();
        }
    }
}
