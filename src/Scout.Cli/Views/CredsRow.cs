using System.Globalization;
using Scout.Broker.Credentials;
using Scout.Cli.Rendering;

namespace Scout.Cli.Views;

/// <summary>A creds file as a row: never its seed.</summary>
internal static class CredsRow
{
    public static View<CredsFile> View { get; } = new()
    {
        Columns =
        [
            new("NAME", (row, _) => row.Name),
            new("ROLE", (row, _) => row.Role),
            new("KEY", (row, _) => row.Key),
            new("EXPIRES", (row, _) => row.Expires is { } end ? end.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) : "never"),
            new("SEED", (row, _) => row.HasSeed ? "inside" : "elsewhere"),
            new("FILE", (row, _) => row.Path),
            new("GROUPS", (row, _) => string.Join(',', row.Groups)) { WideOnly = true },
            new("URLS", (row, _) => row.Urls) { WideOnly = true },
        ],
        Json = (writer, row) =>
        {
            writer.WriteStartObject();
            writer.WriteString("file", row.Path);
            writer.WriteString("name", row.Name);
            writer.Text("role", row.Role.Length > 0 ? row.Role : null);
            writer.WriteString("key", row.Key);
            writer.WriteStartArray("groups");
            foreach (string group in row.Groups) writer.WriteStringValue(group);
            writer.WriteEndArray();
            writer.Text("expires", row.Expires?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            writer.WriteBoolean("seed", row.HasSeed);
            writer.WriteString("urls", row.Urls);
            writer.WriteEndObject();
        },
        Name = row => row.Path,
    };
}
