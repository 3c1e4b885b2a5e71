using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Scout.Nats;

/// <summary>Claims from their JSON. Fields that are not known here are passed over; known ones must have their type, and nothing may come twice.</summary>
internal static class NatsJwtReader
{
    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = 32,
#if NET10_0_OR_GREATER
        AllowDuplicateProperties = false,
#endif
    };

    public static bool TryRead(byte[] json, [NotNullWhen(true)] out NatsJwtClaims? claims, out string why)
    {
        claims = null;
        why = "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, Strict);
            claims = Read(document.RootElement);
            if (claims is null) why = "it is not of version 2 and of type user, account or operator";
            return claims is not null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            why = "its claims are not JSON of the right types";
            return false;
        }
    }

    private static NatsJwtClaims? Read(JsonElement all)
    {
        if (!all.TryGetProperty("nats", out JsonElement nats) || Number(nats, "version", 0) != 2) return null;
        NatsJwtClaims? claims = Text(nats, "type") switch
        {
            "user" => User(all, nats),
            "account" => Account(all, nats),
            "operator" => new NatsOperatorClaims { Subject = Text(all, "sub"), SigningKeys = Strings(nats, "signing_keys"), SystemAccount = OptionalText(nats, "system_account") },
            _ => null,
        };
        long end = Number(all, "exp", 0);
        long begin = Number(all, "nbf", 0);
        return claims is null ? null : claims with
        {
            Name = Text(all, "name"),
            Issuer = Text(all, "iss"),
            Id = Text(all, "jti"),
            IssuedAt = DateTimeOffset.FromUnixTimeSeconds(Number(all, "iat", 0)),
            Expires = end == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(end),
            NotBefore = begin == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(begin),
            Tags = Strings(nats, "tags"),
        };
    }

    private static NatsUserClaims User(JsonElement all, JsonElement nats)
    {
        // A user of a scoped key has none of these; the old server leaves out what is zero.
        bool own = nats.EnumerateObject().Any(field => field.Name switch
        {
            "pub" or "sub" => field.Value.EnumerateObject().Any(),
            "resp" or "subs" or "data" or "payload" or "bearer_token" or "allowed_connection_types" or "src" or "times" => true,
            _ => false,
        });
        return new NatsUserClaims
        {
            Subject = Text(all, "sub"),
            IssuerAccount = OptionalText(nats, "issuer_account"),
            Permissions = own ? Permissions(nats) : null,
        };
    }

    private static NatsAccountClaims Account(JsonElement all, JsonElement nats)
    {
        var keys = new List<NatsSigningKey>();
        if (nats.TryGetProperty("signing_keys", out JsonElement signing))
        {
            foreach (JsonElement key in signing.EnumerateArray()) keys.Add(SigningKey(key));
        }

        var revocations = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        if (nats.TryGetProperty("revocations", out JsonElement revoked))
        {
            foreach (JsonProperty key in revoked.EnumerateObject()) revocations.Add(key.Name, DateTimeOffset.FromUnixTimeSeconds(key.Value.GetInt64()));
        }

        return new NatsAccountClaims
        {
            Subject = Text(all, "sub"),
            Description = Text(nats, "description"),
            SigningKeys = keys,
            Revocations = revocations,
            Limits = nats.TryGetProperty("limits", out JsonElement limits) ? Limits(limits) : Limits(default),
        };
    }

    private static NatsSigningKey SigningKey(JsonElement key) => key.ValueKind == JsonValueKind.String
        ? new NatsSigningKey(key.GetString()!)
        : new NatsSigningKey(Text(key, "key"))
        {
            Role = Text(key, "role"),
            Template = Text(key, "kind") == "user_scope" && key.TryGetProperty("template", out JsonElement template)
                ? Permissions(template)
                : throw new FormatException("a signing key of an unknown kind"),
        };

    private static NatsUserPermissions Permissions(JsonElement from) => new()
    {
        Publish = Subjects(from, "pub"),
        Subscribe = Subjects(from, "sub"),
        Responses = from.TryGetProperty("resp", out JsonElement resp)
            ? new NatsResponsePermission((int)Number(resp, "max", 0), TimeSpan.FromTicks(Number(resp, "ttl", 0) / TimeSpan.NanosecondsPerTick))
            : null,
        Subscriptions = Number(from, "subs", 0),
        Data = Number(from, "data", 0),
        Payload = Number(from, "payload", 0),
        BearerToken = from.TryGetProperty("bearer_token", out JsonElement bearer) && bearer.GetBoolean(),
        AllowedConnectionTypes = Strings(from, "allowed_connection_types"),
    };

    private static NatsAccountLimits Limits(JsonElement from) => from.ValueKind != JsonValueKind.Object
        ? new NatsAccountLimits { Subscriptions = 0, Data = 0, Payload = 0, Imports = 0, Exports = 0, WildcardExports = false, Connections = 0, LeafNodeConnections = 0 }
        : new NatsAccountLimits
        {
            Subscriptions = Number(from, "subs", 0),
            Data = Number(from, "data", 0),
            Payload = Number(from, "payload", 0),
            Imports = Number(from, "imports", 0),
            Exports = Number(from, "exports", 0),
            WildcardExports = from.TryGetProperty("wildcards", out JsonElement wildcards) && wildcards.GetBoolean(),
            Connections = Number(from, "conn", 0),
            LeafNodeConnections = Number(from, "leaf", 0),
            MemoryStorage = Number(from, "mem_storage", 0),
            DiskStorage = Number(from, "disk_storage", 0),
            Streams = Number(from, "streams", 0),
            Consumers = Number(from, "consumer", 0),
            MaxAckPending = Number(from, "max_ack_pending", 0),
        };

    private static NatsSubjectPermissions Subjects(JsonElement from, string name) => from.TryGetProperty(name, out JsonElement subjects)
        ? new NatsSubjectPermissions { Allow = Strings(subjects, "allow"), Deny = Strings(subjects, "deny") }
        : new NatsSubjectPermissions();

    private static string Text(JsonElement from, string name) => OptionalText(from, name) ?? "";

    private static string? OptionalText(JsonElement from, string name) =>
        from.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static long Number(JsonElement from, string name, long missing) =>
        from.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : missing;

    private static List<string> Strings(JsonElement from, string name)
    {
        List<string> values = [];
        if (!from.TryGetProperty(name, out JsonElement list) || list.ValueKind == JsonValueKind.Null) return values;
        foreach (JsonElement value in list.EnumerateArray()) values.Add(value.GetString() ?? throw new FormatException("null in a list"));
        return values;
    }
}
