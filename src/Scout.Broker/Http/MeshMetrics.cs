using System.Globalization;
using System.Text;
using Scout.Broker.Mesh.Watching;
using Scout.Protocol.Mesh;

namespace Scout.Broker.Http;

/// <summary>Series of the mesh (mesh.md 5, last paragraph). A pure function of the figures.</summary>
internal static class MeshMetrics
{
    public static void Render(StringBuilder text, MeshFigures figures)
    {
        One(text, "scout_mesh_expected_nodes", "gauge", "Nodes that should be in the mesh.", figures.Expected);
        One(text, "scout_mesh_reporting_nodes", "gauge", "Nodes whose telemetry arrives.", figures.Reporting);
        Head(text, "scout_mesh_zone_loss_ratio", "gauge", "Share of UDP probes between zones that were lost, over the last reports.");
        foreach (ZoneCell cell in figures.Zones) text.Append(CultureInfo.InvariantCulture, $"scout_mesh_zone_loss_ratio{{src_zone=\"{cell.From}\",dst_zone=\"{cell.To}\"}} {cell.Loss}\n");
        Head(text, "scout_mesh_zone_rtt_seconds", "gauge", "Round trip between zones, over the last reports.");
        foreach (ZoneCell cell in figures.Zones)
        {
            Quantile(text, cell, "0.5", cell.P50Ms);
            Quantile(text, cell, "0.99", cell.P99Ms);
        }

        Head(text, "scout_mesh_fault", "gauge", "1 for each open fault.");
        foreach (MeshFault fault in figures.Faults.DistinctBy(static one => (one.Kind, one.Component, one.Direction, one.State, one.Maintenance)))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"scout_mesh_fault{{kind=\"{MeshFaultWords.Name(fault.Kind)}\",component=\"{fault.Component}\",direction=\"{MeshFaultWords.Name(fault.Direction)}\",state=\"{MeshFaultWords.Name(fault.State)}\",maintenance=\"{(fault.Maintenance ? "true" : "false")}\"}} 1\n");
        }

        Head(text, "scout_mesh_faults_total", "counter", "Faults that were suspected since the start.");
        foreach ((MeshFaultKind kind, long count) in figures.Opened) text.Append(CultureInfo.InvariantCulture, $"scout_mesh_faults_total{{kind=\"{MeshFaultWords.Name(kind)}\"}} {count}\n");
        One(text, "scout_mesh_localise_seconds", "gauge", "Time of the last evaluation.", figures.LocaliseSeconds);
        One(text, "scout_mesh_trials_total", "counter", "Probes that were counted.", figures.Trials);
        One(text, "scout_mesh_lease", "gauge", "1 while this broker is the one that tells the fleet.", figures.Lease ? 1 : 0);
        One(text, "scout_mesh_faults_dropped_total", "counter", "Faults for which there was no room among the open ones.", figures.FaultsDropped);
        Head(text, "scout_mesh_telemetry_ignored_total", "counter", "Telemetry that was not used.");
        foreach ((string reason, long count) in figures.Ignored) text.Append(CultureInfo.InvariantCulture, $"scout_mesh_telemetry_ignored_total{{reason=\"{reason}\"}} {count}\n");
    }

    private static void Quantile(StringBuilder text, ZoneCell cell, string quantile, double? milliseconds)
    {
        if (milliseconds is not { } value) return;
        text.Append(CultureInfo.InvariantCulture, $"scout_mesh_zone_rtt_seconds{{src_zone=\"{cell.From}\",dst_zone=\"{cell.To}\",quantile=\"{quantile}\"}} {value / 1000}\n");
    }

    private static void One(StringBuilder text, string name, string type, string help, double value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");
}
