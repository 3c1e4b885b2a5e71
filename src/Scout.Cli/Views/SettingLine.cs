using Scout.Cli.Rendering;

namespace Scout.Cli.Views;

/// <summary>One value of <c>scout server check</c>.</summary>
internal sealed record SettingLine(string Key, string Value, string Origin)
{
    public static View<SettingLine> View { get; } = new()
    {
        Columns = [new("KEY", (row, _) => row.Key), new("VALUE", (row, _) => row.Value), new("ORIGIN", (row, _) => row.Origin)],
        Json = (writer, row) =>
        {
            writer.WriteStartObject();
            writer.WriteString("key", row.Key);
            writer.WriteString("value", row.Value);
            writer.WriteString("origin", row.Origin);
            writer.WriteEndObject();
        },
        Name = row => row.Key,
    };
}
