using Scout.Protocol.Mesh;

namespace Scout.Cli.Views.Mesh;

/// <summary>Numbers and words of the mesh as people read them.</summary>
internal static class MeshText
{
    /// <summary>A ratio in percent: <c>0 %</c>, <c>0.0004 %</c>, <c>4.80 %</c>, <c>38.0 %</c>.</summary>
    public static string Percent(double ratio) => Number(ratio * 100) + " %";

    /// <summary>The number alone; small ones keep what tells them from nothing.</summary>
    public static string Number(double percent) => percent switch
    {
        <= 0 => "0",
        < 0.00005 => "< 0.0001",
        < 0.01 => percent.ToString("0.0000", null),
        < 10 => percent.ToString("0.00", null),
        < 99.95 => percent.ToString("0.0", null),
        < 100 => "> 99.9",
        _ => "100",
    };

    /// <summary>Milliseconds to three digits; <c>-</c> without an answer.</summary>
    public static string Milliseconds(double? value) => value switch
    {
        null => "-",
        < 10 => value.Value.ToString("0.00", null) + " ms",
        < 100 => value.Value.ToString("0.0", null) + " ms",
        _ => value.Value.ToString("0", null) + " ms",
    };

    /// <summary>0.9999 at most, unless it is certain.</summary>
    public static string Confidence(double value) => Math.Min(value, value < 1 ? 0.9999 : 1).ToString("0.0000", null);

    /// <summary>What speaks for a fault, in a few words.</summary>
    public static string Evidence(MeshFault fault)
    {
        MeshEvidence seen = fault.Evidence;
        var parts = new List<string>();
        if (seen.Paths > 0) parts.Add($"{seen.FailingPaths} of {seen.Paths} paths");
        if (fault.Kind == MeshFaultKind.Node && seen.FarEnds > 0) parts.Add($"{seen.FailingFarEnds} far ends");
        if (Way(seen) is { } way) parts.Add(way);
        if (seen.Ports is { IsDefaultOrEmpty: false } ports) parts.Add("ports " + string.Join(' ', ports));
        if (fault.Partial) parts.Add("partial: witnesses reach it");
        if (fault.More > 0) parts.Add($"and {fault.More} more");
        if (fault.Maintenance) parts.Add("in maintenance");
        return parts.Count == 0 ? "-" : string.Join(", ", parts);
    }

    /// <summary>How a fault feels on a terminal.</summary>
    public static Rendering.Tone Tone(MeshFault fault) => fault switch
    {
        { State: MeshFaultState.Cleared } => Rendering.Tone.Quiet,
        { Maintenance: true } => Rendering.Tone.Calm,
        { State: MeshFaultState.Suspect } or { Kind: MeshFaultKind.BrokerLink } => Rendering.Tone.Warn,
        _ => Rendering.Tone.Bad,
    };

    // "96 % forward": only when it is known of enough losses to mean something.
    private static string? Way(MeshEvidence seen)
    {
        long known = seen.Forward + seen.Reverse;
        if (known < 5) return null;
        double forward = (double)seen.Forward / known;
        return forward switch
        {
            >= 0.5 => $"{Math.Round(forward * 100)} % forward",
            _ => $"{Math.Round((1 - forward) * 100)} % reverse",
        };
    }
}
