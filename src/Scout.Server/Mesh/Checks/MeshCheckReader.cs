using Scout.Checks.Probes.Options;
using Scout.Protocol;

namespace Scout.Server.Mesh.Checks;

/// <summary>Reads the options of a <c>mesh</c> check, as strictly as those of a probe.</summary>
internal static class MeshCheckReader
{
    /// <summary>Word of the subject.</summary>
    public const string Kind = "mesh";

    private static readonly (string Word, MeshScope Value)[] Scopes = [("node", MeshScope.Node), ("fleet", MeshScope.Fleet)];

    private static readonly OptionInfo[] Options =
    [
        new("scope", OptionForm.Text, "SCOPE", "node", "all neighbours of this node, or the open faults of the fleet") { Choices = ["node", "fleet"] },
        new("peer", OptionForm.Text, "NODE", "", "this neighbour alone"),
        new("zone", OptionForm.Text, "ZONE", "", "the neighbours in this zone alone"),
        new("warning", OptionForm.Text, "PERCENT", "20%", "WARNING over this share of failing peers"),
        new("critical", OptionForm.Text, "PERCENT", "50%", "CRITICAL over this share of failing peers"),
        new("loss_warning", OptionForm.Text, "PERCENT", "1%", "WARNING over this loss in 60 s"),
        new("loss_critical", OptionForm.Text, "PERCENT", "20%", "CRITICAL over this loss in 60 s"),
        new("rtt_warning", OptionForm.Text, "DURATION", "", "WARNING over this median round trip"),
    ];

    /// <summary>Never throws; all findings at once.</summary>
    public static (MeshCheckOptions? Options, string Canonical) Read(OptionNode node, TimeSpan timeout, out IReadOnlyList<OptionFinding> wrong)
    {
        var findings = new List<OptionFinding>();
        wrong = findings;
        if (node is not OptionMap map)
        {
            findings.Add(new OptionFinding(node.Line, node.Column, "wrong_type", $"'mesh' is {node.Shape}, wanted is a mapping", "write 'mesh: { scope: node }'"));
            return (null, "{}");
        }

        var reader = new OptionReader(findings, map, "a mesh check", Options);
        reader.OnlyKnown();
        MeshScope scope = reader.Choice("scope", Scopes, MeshScope.Node);
        string? peer = Name(reader, "peer", "a node");
        string? zone = Name(reader, "zone", "a zone");
        if (peer is not null && zone is not null) reader.Error("zone", "conflict", "'peer' and 'zone' exclude each other", "one check for each");
        if (scope == MeshScope.Fleet && (peer ?? zone) is not null) reader.Error(peer is not null ? "peer" : "zone", "conflict", "the scope 'fleet' has neither peer nor zone", "leave out 'scope'");
        MeshCheckOptions usual = MeshCheckOptions.Default;
        double warning = reader.Percent("warning", usual.Warning) ?? usual.Warning;
        double critical = reader.Percent("critical", usual.Critical) ?? usual.Critical;
        double lossWarning = reader.Percent("loss_warning", usual.LossWarning) ?? usual.LossWarning;
        double lossCritical = reader.Percent("loss_critical", usual.LossCritical) ?? usual.LossCritical;
        TimeSpan? rtt = reader.Duration("rtt_warning", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        if (critical < warning) reader.Error("critical", "bad_value", "'critical' is below 'warning'", "CRITICAL is the worse");
        if (lossCritical < lossWarning) reader.Error("loss_critical", "bad_value", "'loss_critical' is below 'loss_warning'", "CRITICAL is the worse");
        if (findings.Count > 0) return (null, "{}");
        scope = peer is not null ? MeshScope.Peer : zone is not null ? MeshScope.Zone : scope;
        return (new MeshCheckOptions(scope, peer ?? zone ?? "", warning, critical, lossWarning, lossCritical, rtt, timeout), reader.Canonical.Write(Options));
    }

    private static string? Name(OptionReader reader, string key, string what)
    {
        if (reader.Text(key, null, Names.MaxLength) is not { } name) return null;
        if (Names.IsNode(name)) return name;
        reader.Error(key, "bad_name", $"{OptionReader.Quote(name)} is no name of {what}", "1 to 63 of a-z, 0-9, _ and -");
        return null;
    }
}
