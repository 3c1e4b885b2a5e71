using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Scout.Protocol.Security.Roles;

/// <summary>The roles for the tools of a broker that is not ours: a line for <c>nsc</c> each, or JSON (security.md 14).</summary>
public static class RoleSheet
{
    /// <summary>A command line that makes the scoped signing key of a role, or brings it up to date when <paramref name="key"/> is its public key.</summary>
    /// <param name="template">The role.</param>
    /// <param name="account">Name of the account in nsc.</param>
    /// <param name="key">Public key of an existing signing key; null: a new one.</param>
    public static string Nsc(RoleTemplate template, string account, string? key = null)
    {
        var line = new StringBuilder();
        line.Append(CultureInfo.InvariantCulture, $"nsc edit signing-key --account {Quote(account)} --sk {(key is null ? "generate" : Quote(key))} --role {RoleNames.Word(template.Role)}");
        Add(line, "--allow-pub", template.Publish);
        Add(line, "--allow-sub", template.Subscribe);
        if (template.MaxSubscriptions >= 0) line.Append(CultureInfo.InvariantCulture, $" --subs {template.MaxSubscriptions}");
        if (template.MaxPayload >= 0) line.Append(CultureInfo.InvariantCulture, $" --payload {template.MaxPayload}");
        return line.ToString();
    }

    /// <summary>One role as a JSON object.</summary>
    public static void Write(Utf8JsonWriter writer, RoleTemplate template)
    {
        writer.WriteStartObject();
        writer.WriteString("role", RoleNames.Word(template.Role));
        writer.WriteString("account", template.Account == AccountKind.Fleet ? "fleet" : "provision");
        Write(writer, "publish", template.Publish);
        Write(writer, "subscribe", template.Subscribe);
        writer.WriteNumber("subscriptions", template.MaxSubscriptions);
        writer.WriteNumber("payload", template.MaxPayload);
        if (template.MaxLife is { } life) writer.WriteNumber("max_life_s", (long)life.TotalSeconds);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, IEnumerable<string> subjects)
    {
        writer.WriteStartArray(name);
        foreach (string subject in subjects) writer.WriteStringValue(subject);
        writer.WriteEndArray();
    }

    private static void Add(StringBuilder line, string option, IEnumerable<string> subjects) => line.Append(CultureInfo.InvariantCulture, $" {option} {Quote(string.Join(',', subjects))}");

    // Subjects have $, * and braces in them, which a shell would take for its own.
    private static string Quote(string text) =>
        text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
