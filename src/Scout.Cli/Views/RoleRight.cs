using System.Globalization;
using Scout.Cli.Rendering;
using Scout.Protocol.Security.Roles;

namespace Scout.Cli.Views;

/// <summary>One right of a role.</summary>
internal sealed record RoleRight(string Role, string Right, string Subject)
{
    public static View<RoleRight> View { get; } = new()
    {
        Columns = [new("ROLE", (row, _) => row.Role), new("RIGHT", (row, _) => row.Right), new("SUBJECT", (row, _) => row.Subject)],
        Json = (writer, row) =>
        {
            writer.WriteStartObject();
            writer.WriteString("role", row.Role);
            writer.WriteString("right", row.Right);
            writer.WriteString("subject", row.Subject);
            writer.WriteEndObject();
        },
        Name = row => $"{row.Role} {row.Right} {row.Subject}",
    };

    public static IEnumerable<RoleRight> Of(RoleTemplate template)
    {
        string role = RoleNames.Word(template.Role);
        foreach (string subject in template.Publish) yield return new RoleRight(role, "publish", subject);
        foreach (string subject in template.Subscribe) yield return new RoleRight(role, "subscribe", subject);
        if (template.MaxSubscriptions >= 0) yield return new RoleRight(role, "bound", string.Create(CultureInfo.InvariantCulture, $"{template.MaxSubscriptions} subscriptions"));
        if (template.MaxPayload >= 0) yield return new RoleRight(role, "bound", string.Create(CultureInfo.InvariantCulture, $"{template.MaxPayload} bytes a message"));
    }
}
