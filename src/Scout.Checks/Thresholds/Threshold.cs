namespace Scout.Checks.Thresholds;

/// <summary>Judges a number by two ranges.</summary>
public static class Threshold
{
    /// <summary>Critical is asked before warning. A missing value against a threshold is UNKNOWN, never OK (plugins.md section 6).</summary>
    public static CheckStatus Judge(double? value, NagiosRange? warning, NagiosRange? critical)
    {
        if (warning is null && critical is null) return CheckStatus.Ok;
        if (value is not { } number || double.IsNaN(number)) return CheckStatus.Unknown;
        if (critical?.Alerts(number) == true) return CheckStatus.Critical;
        return warning?.Alerts(number) == true ? CheckStatus.Warning : CheckStatus.Ok;
    }
}
