using System.Collections.Immutable;
using Scout.Protocol.Events;

namespace Scout.Protocol.Tests.Events;

/// <summary>One event of each type, and the odd ones.</summary>
internal static class EventSamples
{
    private static readonly DateTimeOffset Time = new(2026, 11, 21, 0, 42, 51, 261, TimeSpan.Zero);

    private static readonly ImmutableSortedDictionary<string, string> Labels =
        ImmutableSortedDictionary<string, string>.Empty.Add("team", "storage").Add("tier", "web");

    private static readonly MaintenanceData Maintenance = new("swap disks", Time.AddHours(2), "anna", Time);

    private static readonly MachineSummary Summary = new()
    {
        Kind = "check",
        State = "OK",
        Since = Time,
        Status = "OK",
        Hard = true,
        Attempts = 3,
        Output = "DISK OK - free space: / 3326 MiB (56% inode=81%):",
        LastResult = Time,
        DurationMs = 3.217,
        NextDue = Time.AddMinutes(1),
        Version = "1.0.0",
        Digest = "0123456789ab",
        Labels = Labels,
    };

    private static readonly CheckData Steady = new()
    {
        State = "OK",
        Status = "OK",
        Reason = "exit",
        Output = "DISK OK - free space: / 3326 MiB (56% inode=81%):",
        Perfdata = [new PerfDatumData("/", 2_643_000_000, "bytes", "2643MB;5948;5958;0;5968")],
        DurationMs = 3.217,
        Hard = true,
    };

    private static readonly Dictionary<string, ScoutEvent> All = new(StringComparer.Ordinal)
    {
        ["check steady"] = Of(EventTypes.Check, Steady),
        ["check full"] = Of(EventTypes.Check, Steady with
        {
            State = "WARNING",
            Status = "UNKNOWN",
            RawStatus = "CRITICAL",
            Reason = "bad_exit",
            ExitCode = 126,
            Signal = "SIGSEGV",
            LongOutput = "first\nsecond",
            Stderr = "Segmentation fault",
            Perfdata = [new PerfDatumData("a b", null, null, "U"), new PerfDatumData("time", 0.25, "seconds", "250ms;300;400")],
            PerfdataErrors = 2,
            Hard = false,
            Attempt = 2,
            Attempts = 3,
            Flapping = true,
            SuppressedBy = "gateway",
            Maintenance = true,
            Announce = true,
            Truncated = true,
            Labels = Labels,
            Annotations = ImmutableSortedDictionary<string, string>.Empty.Add("runbook", "https://wiki/disk"),
        }),
        ["check of a probe"] = Of(EventTypes.Check, Steady with
        {
            Status = "CRITICAL",
            Reason = "dns_nxdomain",
            Facts = ImmutableSortedDictionary<string, string>.Empty.Add("phase", "dns"),
        }),
        ["transition by a result"] = Of(EventTypes.Transition, new TransitionData
        {
            Transition = "CRITICAL",
            From = "WARNING",
            To = "CRITICAL",
            Attempt = 3,
            Reason = "check",
            Watcher = "check",
            Output = "DISK CRITICAL - 4% free",
            Labels = Labels,
        }),
        ["transition by a person"] = Of(EventTypes.Transition, new TransitionData
        {
            Transition = "MAINTENANCE",
            From = "OK",
            To = "MAINTENANCE",
            Reason = "command",
            Caller = "anna",
            Maintenance = Maintenance,
        }),
        ["state plain"] = Of(EventTypes.State, new StateData(Summary)),
        ["state full"] = Of(EventTypes.State, new StateData(Summary with
        {
            State = "MAINTENANCE",
            Status = "CRITICAL",
            Hard = false,
            Soft = "CRITICAL 2/3",
            Attempt = 2,
            Flapping = true,
            Maintenance = Maintenance,
            Acknowledged = new MaintenanceData(null, null, "bob", Time),
            SuppressedBy = "gateway",
            Runaway = true,
            DefinitionError = "disk.yaml:7:5: error unknown_key: 'atempts' is not a key of a check",
            NotRunning = "stuck: pid 4711, state D",
        })
        {
            Reason = "maintenance",
            Caller = "anna",
        }),
        ["state deleted"] = Of(EventTypes.State, new StateData(Summary) { Deleted = true }),
        ["state of a machine"] = Of(EventTypes.State, new StateData(Summary with { Kind = "machine", State = "RUNNING", Status = null, Output = null, LastResult = null, DurationMs = null, NextDue = null, Attempts = 0, Labels = null })),
        ["watcher exec"] = Of(EventTypes.Watcher("exec"), new WatcherData
        {
            State = "CRITICAL",
            Watcher = "remediate",
            Outcome = "failure",
            ExitCode = 1,
            DurationMs = 12.5,
            Output = "rm: cannot remove",
            Labels = Labels,
        }),
        ["watcher timer"] = Of(EventTypes.Watcher("timer"), new WatcherData { State = "RESTARTING", Watcher = "patience", Outcome = "expired" }),
        ["watcher schedule"] = Of(EventTypes.Watcher("schedule"), new WatcherData { State = "OFF", Watcher = "night", Outcome = "on", Announce = true }),
        ["watcher file"] = Of(EventTypes.Watcher("file"), new WatcherData { State = "OK", Watcher = "motd", Outcome = "success" }),
        ["watcher metric"] = Of(EventTypes.Watcher("metric"), new WatcherData
        {
            State = "OK",
            Watcher = "queue",
            Outcome = "success",
            Metrics = [new MetricData("depth", 12, null), new MetricData("age", 0.5, Labels)],
        }),
        ["startup"] = OfNode(EventTypes.Startup, new StartupData
        {
            Version = "0.1.0",
            Os = "linux",
            Arch = "x64",
            Started = Time,
            Mode = "dev",
            Machines = 12,
            Refused = 1,
            Repaired = "1 torn record",
            Labels = Labels,
        }),
        ["alive"] = OfNode(EventTypes.Alive, new AliveData
        {
            Version = "0.1.0",
            Started = Time,
            UptimeS = 300,
            Machines = 12,
            States = ImmutableSortedDictionary<string, int>.Empty.Add("OK", 11).Add("other", 1),
            Sequence = "1795221600.000000001234",
            Outbox = new OutboxDepth(3, 2100),
            Dropped = 7,
            Degraded = true,
            DegradedReason = "no space left on device",
        }) with
        { Sequence = null },
        ["shutdown"] = OfNode(EventTypes.Shutdown, new ShutdownData { Version = "0.1.0", UptimeS = 3600, Reason = "signal" }),
        ["outbox"] = OfNode(EventTypes.Outbox, new OutboxData
        {
            Reason = "full",
            Dropped = ImmutableSortedDictionary<string, long>.Empty.Add("check", 100).Add("state", 2),
            Sequences = [new SequenceRange("1795221600.000000000100", "1795221600.000000000201")],
            Since = Time,
            Until = Time.AddHours(1),
        }),
        ["audit"] = OfNode(EventTypes.Audit, new AuditData
        {
            Caller = "local:anna",
            Action = "transition",
            Request = "01a1fb93-4601-7a0f-95f5-5c94ec7de222",
            Scope = "local",
            Decision = "allowed",
            Code = "partial",
            Message = "policy rule 4",
            Machines = ["disk_root", "pay"],
            Denied = ["pay"],
            More = 3,
            Transition = "repaired",
            Reason = "kernel update",
        }),
        ["audit_refused"] = OfNode(EventTypes.Audit, new AuditData
        {
            Caller = AuditData.Unproven,
            Key = "UAMJSKXSQ4FVX4JDPVTMZHRJMGNJX7CZQIUBNDSBWOYOXFQCYX5QVGBF",
            Role = "viewer",
            Action = "other",
            Request = "",
            Scope = "node",
            Subject = "scout.rpc.node.web1.reboot",
            Decision = "refused",
            Code = "unknown_action",
            Message = "'reboot' is no action",
            DurationMs = 0.25,
            Repeated = 41,
        }),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    public static ScoutEvent Get(string name) => All[name];

    public static T Data<T>(string name)
        where T : EventData => (T)All[name].Data;

    private static ScoutEvent Of(string type, EventData data) => new()
    {
        Id = Guid.Parse("01a1fb93-4685-7a0f-95f5-5c94ec7de222"),
        Node = "web1",
        Machine = "disk_root",
        Type = type,
        Time = Time,
        Sequence = new EventSequence(1_795_221_600, 1234),
        CausationId = data is TransitionData ? "01a1fb93-4601-7a0f-95f5-5c94ec7de222" : null,
        Data = data,
    };

    private static ScoutEvent OfNode(string type, EventData data) => Of(type, data) with { Machine = Protocol.Names.NodeItself };
}
