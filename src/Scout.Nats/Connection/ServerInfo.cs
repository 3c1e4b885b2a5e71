using System.Text;
using System.Text.Json;

namespace Scout.Nats;

/// <summary>What the server says about itself in INFO. Unknown fields are ignored; a later INFO replaces only the fields it has.</summary>
public sealed record ServerInfo
{
    private const int MaxConnectUrls = 64;

    public string Id { get; private init; } = "";

    public string Name { get; private init; } = "";

    public string Version { get; private init; } = "";

    public int ProtocolVersion { get; private init; }

    public bool HeadersSupported { get; private init; }

    public bool AuthRequired { get; private init; }

    public bool TlsRequired { get; private init; }

    public bool TlsAvailable { get; private init; }

    /// <summary>Bytes of payload the server takes.</summary>
    public long MaxPayload { get; private init; } = 1024 * 1024;

    public bool JetStreamAvailable { get; private init; }

    public ulong ClientId { get; private init; }

    public string ClientIp { get; private init; } = "";

    public string? Nonce { get; private init; }

    public string Cluster { get; private init; } = "";

    public string Domain { get; private init; } = "";

    public int ApiLevel { get; private init; }

    public bool LameDuckMode { get; private init; }

    /// <summary>Other servers, as <c>host:port</c>; the first 64 valid ones.</summary>
    public IReadOnlyList<string> ConnectUrls { get; private init; } = [];

    /// <summary>Merges the JSON of one INFO into <paramref name="known"/>. False when it is not a JSON object of the right types.</summary>
    internal static bool TryMerge(ServerInfo known, ReadOnlySpan<byte> json, out ServerInfo info)
    {
        info = known;
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 32 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return false;
            ServerInfo merged = known;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string field = reader.GetString()!;
                reader.Read();
                merged = merged.With(field, ref reader);
            }

            while (reader.Read())
            {
                // Only white space may follow; anything else throws.
            }

            info = merged;
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            return false;
        }
    }

    private ServerInfo With(string field, ref Utf8JsonReader value)
    {
        switch (field)
        {
            case "server_id": return this with { Id = Text(ref value) };
            case "server_name": return this with { Name = Text(ref value) };
            case "version": return this with { Version = Text(ref value) };
            case "proto": return this with { ProtocolVersion = value.GetInt32() };
            case "headers": return this with { HeadersSupported = value.GetBoolean() };
            case "auth_required": return this with { AuthRequired = value.GetBoolean() };
            case "tls_required": return this with { TlsRequired = value.GetBoolean() };
            case "tls_available": return this with { TlsAvailable = value.GetBoolean() };
            case "max_payload": return this with { MaxPayload = Math.Max(0, value.GetInt64()) };
            case "jetstream": return this with { JetStreamAvailable = value.GetBoolean() };
            case "client_id": return this with { ClientId = value.GetUInt64() };
            case "client_ip": return this with { ClientIp = Text(ref value) };
            // As it came: it is looked at closely before it is signed.
            case "nonce": return this with { Nonce = value.GetString() };
            case "cluster": return this with { Cluster = Text(ref value) };
            case "domain": return this with { Domain = Text(ref value) };
            case "api_lvl": return this with { ApiLevel = value.GetInt32() };
            case "ldm": return this with { LameDuckMode = value.GetBoolean() };
            case "connect_urls": return this with { ConnectUrls = Urls(ref value) };
            default:
                value.Skip();
                return this;
        }
    }

    // What people are shown must not steer their terminal.
    private static string Text(ref Utf8JsonReader value)
    {
        string text = value.GetString() ?? "";
        return text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 ? text : new StringBuilder(text.Length).AppendJoin(null, text.Where(c => !char.IsControl(c))).ToString();
    }

    private static List<string> Urls(ref Utf8JsonReader value)
    {
        List<string> urls = [];
        if (value.TokenType == JsonTokenType.Null) return urls;
        if (value.TokenType != JsonTokenType.StartArray) throw new FormatException("connect_urls is not an array");
        while (value.Read() && value.TokenType != JsonTokenType.EndArray)
        {
            if (value.TokenType != JsonTokenType.String)
            {
                value.Skip();
                continue;
            }

            string text = value.GetString()!;
            if (urls.Count < MaxConnectUrls && ServerAddress.TryParseHostPort(text, out _) && !urls.Contains(text)) urls.Add(text);
        }

        return urls;
    }
}
