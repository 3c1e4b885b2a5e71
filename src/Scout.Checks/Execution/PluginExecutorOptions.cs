namespace Scout.Checks.Execution;

/// <summary>How plugins are run on this node.</summary>
public sealed record PluginExecutorOptions
{
    /// <summary>Where bare names are looked up after the folder of the request, before the system's own folders (plugins.md section 1).</summary>
    public static IReadOnlyList<string> DefaultPluginPath { get; } =
    [
        "/etc/scout/plugins", "/usr/lib/scout/plugins", "/usr/lib/nagios/plugins", "/usr/lib64/nagios/plugins", "/usr/lib/monitoring-plugins",
        "/usr/local/lib/nagios/plugins",
    ];

    /// <summary>The <c>PATH</c> of every plugin, and the last places of the search.</summary>
    public static string SystemPath { get; } = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public IReadOnlyList<string> PluginPath { get; init; } = DefaultPluginPath;

    /// <summary>Users, by name or number, who may own plugins and their folders besides root and the user of the server.</summary>
    public IReadOnlyList<string> PluginOwners { get; init; } = [];

    /// <summary>Bytes of stdout that are kept, 1 KiB to 1 MiB.</summary>
    public int MaxOutput { get; init; } = 64 * 1024;

    /// <summary>Soft limit of open files, for this process and what it starts. 0 leaves it alone.</summary>
    public int MaxOpenFiles { get; init; } = 4096;

    /// <summary>The node, as its runs carry it in <c>SCOUT_NODE</c>; needed for <see cref="EndOldRuns"/>.</summary>
    public string Node { get; init; } = "";

    /// <summary>At the start, ends what a crashed server of this node left running: processes with its <c>SCOUT_NODE</c> and an old <c>SCOUT_RUN</c>.</summary>
    public bool EndOldRuns { get; init; }

    /// <summary>Differs with every start of the server and begins every <c>SCOUT_RUN</c>; empty: made from process id and time. Letters, digits, dashes.</summary>
    public string Instance { get; init; } = "";

    /// <summary>How long running plugins may go on when the executor is disposed of.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long an ended child in the process group of this process is left to whoever started it: what plugins leave behind has groups of its own. Then it is
    /// reaped, for it may have been handed down by the program that became the server.
    /// </summary>
    public TimeSpan StrangersMayWait { get; init; } = TimeSpan.FromSeconds(10);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Hears what somebody should write to a log.</summary>
    public IPluginExecutorObserver? Observer { get; init; }
}
