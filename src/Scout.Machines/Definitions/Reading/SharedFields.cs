using System.Collections.Immutable;
using System.Globalization;
using Scout.Machines.Definitions.Yaml;

namespace Scout.Machines.Definitions.Reading;

/// <summary>Fields that both forms have: labels, dependencies, maintenance windows.</summary>
internal static class SharedFields
{
    private static readonly string[] WindowKeys = ["days", "start", "duration", "timezone", "reason"];

    public static ImmutableArray<KeyValuePair<string, string>> Labels(FieldReader fields) =>
        fields.TextMap("labels", 20, Names.IsLabel, Names.LabelPattern, 200);

    public static ImmutableArray<string> DependsOn(FieldReader fields) => fields.NameList("depends_on", 0, 10, "gateway");

    public static ImmutableArray<MaintenanceWindow> Windows(FieldReader fields)
    {
        var windows = ImmutableArray.CreateBuilder<MaintenanceWindow>();
        foreach (YamlMap map in fields.Mappings("maintenance_windows", 0, 32, "{ start: \"02:00\", duration: 2h }"))
        {
            var window = new FieldReader(fields.Context, map, "a maintenance window");
            window.Only(WindowKeys);
            TimeOnly? start = Start(window);
            TimeSpan? duration = window.Require("duration", "2h") is null ? null : window.Duration("duration", TimeSpan.FromMinutes(1), TimeSpan.FromDays(7));
            int days = Days(window);
            TimeZoneInfo? zone = TimeZone(window);
            string? reason = window.Text("reason", 500);
            if (start is null || duration is null) continue;
            windows.Add(new MaintenanceWindow
            {
                Days = days,
                Start = start.Value,
                Duration = duration.Value,
                TimeZone = zone ?? TimeZoneInfo.Utc,
                Reason = reason is null ? "maintenance window" : fields.Context.Share(reason),
            });
        }

        return windows.DrainToImmutable();
    }

    /// <summary>The zone of a <c>timezone</c> key; null when absent or wrong.</summary>
    public static TimeZoneInfo? TimeZone(FieldReader fields)
    {
        if (fields.Find("timezone") is not { } node || fields.Scalar(node, "timezone", "a time zone") is not { } scalar) return null;
        TimeZoneInfo? zone = fields.Context.Options.FindTimeZone(scalar.Text);
        if (zone is null)
            fields.Context.Error(node, FindingKind.BadTimezone, $"{Show.Quote(scalar.Text)} is not in the tz database", "an IANA name such as Europe/Paris or UTC; mind the package tzdata");
        return zone;
    }

    private static TimeOnly? Start(FieldReader window)
    {
        if (window.Require("start", "\"02:00\"") is not { } node || window.Scalar(node, "start", "a time of day") is not { } scalar) return null;
        if (scalar.Text.Length == 5 && TimeOnly.TryParseExact(scalar.Text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly start)) return start;
        window.Context.Error(node, FindingKind.BadValue, $"'start' is {Show.Quote(scalar.Text)}", "HH:MM, from 00:00 to 23:59, in quotes");
        return null;
    }

    private static int Days(FieldReader window)
    {
        if (window.Find("days") is not { } node) return 0b111_1111;
        int days = 0;
        foreach (YamlNode item in window.Items(node, "days", 1, 7, "mon-fri"))
        {
            if (window.Scalar(item, "days", "a day") is not { } day) continue;
            if (WindowDays.TryRead(day.Text, out int some)) days |= some;
            else window.Context.Error(item, FindingKind.BadValue, $"{Show.Quote(day.Text)} is no day", "mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri");
        }

        return days;
    }
}
