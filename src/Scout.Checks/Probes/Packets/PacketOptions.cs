using Scout.Checks.Probes.Options;
using Scout.Ground;

namespace Scout.Checks.Probes.Packets;

/// <summary>The options that <c>udp</c> and <c>icmp</c> share.</summary>
internal static class PacketOptions
{
    public const int MostPackets = 100;
    public static readonly OptionInfo DontFragment = new("df", OptionForm.Flag, "", "false", "never in fragments");
    private static readonly TimeSpan LeastSpacing = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MostSpacing = TimeSpan.FromMinutes(1);
    private static readonly (string, PacketStat)[] Stats = [("mean", PacketStat.Mean), ("median", PacketStat.Median), ("max", PacketStat.Max)];

    public static IReadOnlyList<OptionInfo> Counting(string count, string spacing) =>
    [
        new("count", OptionForm.Text, "N", count, $"packets, 1 to {MostPackets}"),
        new("spacing", OptionForm.Text, "DURATION", spacing, "from one packet to the next"),
    ];

    public static IReadOnlyList<OptionInfo> Judging { get; } =
    [
        new("loss_warning", OptionForm.Text, "PERCENT", "20%", "WARNING when more is lost"),
        new("loss_critical", OptionForm.Text, "PERCENT", "60%", "CRITICAL when more is lost"),
        new("stat", OptionForm.Text, "STAT", "mean", "what 'time' is") { Choices = [.. Stats.Select(stat => stat.Item1)] },
    ];

    /// <summary>Fills what all packet probes have; findings are reported.</summary>
    public static PacketNumbers Read(OptionReader options, ProbeDefaults defaults, ProbeExpect expect, int count, TimeSpan spacing)
    {
        int number = options.Integer("count", 1, MostPackets, count) ?? count;
        TimeSpan apart = options.Duration("spacing", LeastSpacing, MostSpacing, spacing) ?? spacing;
        if (apart * (number - 1) >= defaults.Timeout)
        {
            string took = DurationGrammar.Format(apart * (number - 1));
            options.Error(options.Has("spacing") ? "spacing" : "count", "out_of_range", $"sending takes {took}, and the timeout is {DurationGrammar.Format(defaults.Timeout)}", "fewer packets, less spacing, or a longer 'timeout'");
        }

        if (expect.IsNegative)
        {
            foreach (string key in (string[])["loss_warning", "loss_critical"]) options.Conflict(key, $"expect: {expect.Word}", "a negative test has no limits; leave them out");
        }

        double warning = options.Percent("loss_warning", 20) ?? 20;
        double critical = options.Percent("loss_critical", 60) ?? 60;
        if (critical < warning && (options.Has("loss_critical") || options.Has("loss_warning")))
        {
            options.Error(options.Has("loss_critical") ? "loss_critical" : "loss_warning", "out_of_range", $"'loss_critical' {critical} % is under 'loss_warning' {warning} %", "critical is at least as much as warning");
        }

        PacketStat stat = options.Choice("stat", Stats, PacketStat.Mean);
        return new PacketNumbers(number, apart, warning, critical, stat);
    }
}

/// <summary>What <see cref="PacketOptions.Read"/> read.</summary>
internal readonly record struct PacketNumbers(int Count, TimeSpan Spacing, double LossWarning, double LossCritical, PacketStat Stat);
