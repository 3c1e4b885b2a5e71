using System.Runtime.InteropServices;
using Scout.Protocol.Events;
using Scout.Server.Configuration;
using Scout.Server.Store;

namespace Scout.Server.Life;

/// <summary>What a node says when it starts and when it stops.</summary>
internal static class LifeEvents
{
    private const int LongestRepair = 2000;

    public static StartupData Startup(ServerOptions options, RecoveredStore recovered, DefinitionReloads reloads, DateTimeOffset startedAt)
    {
        string repaired = string.Join("; ", recovered.Repairs.Select(repair => repair.Line));
        return new StartupData
        {
            Version = Product.Version,
            Os = OperatingSystem.IsLinux() ? "linux" : "other",
            Arch = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
            Started = startedAt,
            Mode = options.Mode == ServerMode.Dev ? "dev" : "secure",
            Machines = reloads.Machines,
            Refused = reloads.Refused.Length,
            Repaired = repaired.Length == 0 ? null : repaired.Length > LongestRepair ? repaired[..LongestRepair] : repaired,
            Labels = options.Labels.Count == 0 ? null : options.Labels,
        };
    }

    public static ShutdownData Shutdown(TimeSpan uptime, string reason) => new() { Version = Product.Version, UptimeS = (long)uptime.TotalSeconds, Reason = reason };
}
