using System.Buffers;
using System.Text.Json;

namespace Scout.Nats;

/// <summary>The JSON of claims, as nats-server reads it. Numbers that mean "no limit" are written out, because a missing one means none at all.</summary>
internal static class NatsJwtWriter
{
    public static byte[] Write(NatsJwtClaims claims)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("jti", claims.Id);
            json.WriteNumber("iat", claims.IssuedAt.ToUnixTimeSeconds());
            json.WriteString("iss", claims.Issuer);
            if (claims.Name.Length > 0) json.WriteString("name", claims.Name);
            json.WriteString("sub", claims.Subject);
            if (claims.NotBefore is { } begin) json.WriteNumber("nbf", begin.ToUnixTimeSeconds());
            if (claims.Expires is { } end) json.WriteNumber("exp", end.ToUnixTimeSeconds());
            json.WriteStartObject("nats");
            switch (claims)
            {
                case NatsUserClaims user:
                    WriteUser(json, user);
                    break;
                case NatsAccountClaims account:
                    WriteAccount(json, account);
                    break;
                case NatsOperatorClaims root:
                    WriteStrings(json, "signing_keys", root.SigningKeys);
                    if (root.SystemAccount is not null) json.WriteString("system_account", root.SystemAccount);
                    break;
            }

            WriteStrings(json, "tags", claims.Tags);
            json.WriteString("type", claims switch { NatsUserClaims => "user", NatsAccountClaims => "account", _ => "operator" });
            json.WriteNumber("version", 2);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteUser(Utf8JsonWriter json, NatsUserClaims user)
    {
        if (user.Permissions is { } permissions) WritePermissions(json, permissions);
        if (user.IssuerAccount is not null) json.WriteString("issuer_account", user.IssuerAccount);
    }

    private static void WriteAccount(Utf8JsonWriter json, NatsAccountClaims account)
    {
        if (account.Description.Length > 0) json.WriteString("description", account.Description);
        WriteLimits(json, account.Limits);
        if (account.SigningKeys.Count > 0)
        {
            json.WriteStartArray("signing_keys");
            foreach (NatsSigningKey key in account.SigningKeys) WriteSigningKey(json, key);
            json.WriteEndArray();
        }

        if (account.Revocations.Count > 0)
        {
            json.WriteStartObject("revocations");
            foreach ((string key, DateTimeOffset until) in account.Revocations) json.WriteNumber(key, until.ToUnixTimeSeconds());
            json.WriteEndObject();
        }
    }

    private static void WriteSigningKey(Utf8JsonWriter json, NatsSigningKey key)
    {
        if (key.Template is null)
        {
            json.WriteStringValue(key.Key);
            return;
        }

        json.WriteStartObject();
        json.WriteString("kind", "user_scope");
        json.WriteString("key", key.Key);
        json.WriteString("role", key.Role);
        json.WriteStartObject("template");
        WritePermissions(json, key.Template);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteLimits(Utf8JsonWriter json, NatsAccountLimits limits)
    {
        json.WriteStartObject("limits");
        json.WriteNumber("subs", limits.Subscriptions);
        json.WriteNumber("data", limits.Data);
        json.WriteNumber("payload", limits.Payload);
        json.WriteNumber("imports", limits.Imports);
        json.WriteNumber("exports", limits.Exports);
        json.WriteBoolean("wildcards", limits.WildcardExports);
        json.WriteNumber("conn", limits.Connections);
        json.WriteNumber("leaf", limits.LeafNodeConnections);
        json.WriteNumber("mem_storage", limits.MemoryStorage);
        json.WriteNumber("disk_storage", limits.DiskStorage);
        json.WriteNumber("streams", limits.Streams);
        json.WriteNumber("consumer", limits.Consumers);
        json.WriteNumber("max_ack_pending", limits.MaxAckPending);
        json.WriteEndObject();
    }

    private static void WritePermissions(Utf8JsonWriter json, NatsUserPermissions permissions)
    {
        WriteSubjects(json, "pub", permissions.Publish);
        WriteSubjects(json, "sub", permissions.Subscribe);
        if (permissions.Responses is { } responses)
        {
            json.WriteStartObject("resp");
            json.WriteNumber("max", responses.Max);
            json.WriteNumber("ttl", checked(responses.Expires.Ticks * TimeSpan.NanosecondsPerTick));
            json.WriteEndObject();
        }

        json.WriteNumber("subs", permissions.Subscriptions);
        json.WriteNumber("data", permissions.Data);
        json.WriteNumber("payload", permissions.Payload);
        if (permissions.BearerToken) json.WriteBoolean("bearer_token", true);
        WriteStrings(json, "allowed_connection_types", permissions.AllowedConnectionTypes);
    }

    private static void WriteSubjects(Utf8JsonWriter json, string name, NatsSubjectPermissions subjects)
    {
        json.WriteStartObject(name);
        WriteStrings(json, "allow", subjects.Allow);
        WriteStrings(json, "deny", subjects.Deny);
        json.WriteEndObject();
    }

    private static void WriteStrings(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(name);
        foreach (string value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
