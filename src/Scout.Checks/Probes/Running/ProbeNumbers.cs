using System.Globalization;
using Scout.Checks.Output;
using Scout.Checks.Thresholds;

namespace Scout.Checks.Probes.Running;

/// <summary>Performance data of probes, in the same form as that of plugins.</summary>
internal static class ProbeNumbers
{
    /// <summary>A time in seconds to the microsecond, with its limits.</summary>
    public static PerfDataItem Seconds(string label, TimeSpan time, TimeLimits limits = default) =>
        Item(label, Math.Round(time.TotalSeconds, 6), "s", Upper(limits.Warning), Upper(limits.Critical), 0);

    public static PerfDataItem Item(string label, double value, string unit, NagiosRange? warning, NagiosRange? critical, double? min)
    {
        PerfUnit known = PerfUnit.Find(unit);
        string raw = string.Create(CultureInfo.InvariantCulture, $"{value:0.######}{unit}");
        if (warning is not null || critical is not null || min is not null)
            raw = string.Create(CultureInfo.InvariantCulture, $"{raw};{warning};{critical};{min:0.######}").TrimEnd(';');
        return new PerfDataItem
        {
            Label = label,
            Raw = raw,
            RawValue = value,
            RawUnit = unit,
            Value = value * known.Factor,
            Unit = known.Base,
            Warning = warning?.Scale(known.Factor),
            Critical = critical?.Scale(known.Factor),
            Min = min * known.Factor,
            Max = unit == "%" ? 100 : null,
        };
    }

    private static NagiosRange? Upper(TimeSpan? limit) => limit is { } time ? new NagiosRange(0, time.TotalSeconds, false) : null;
}
