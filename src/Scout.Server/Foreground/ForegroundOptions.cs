using Scout.Machines.Hosting;

namespace Scout.Server.Foreground;

/// <summary>How to run machines in the foreground.</summary>
public sealed record ForegroundOptions
{
    /// <summary>Name in events, phases and <c>SCOUT_NODE</c>.</summary>
    public required string Node { get; init; }

    /// <summary>Absolute path of a JSON file, or empty.</summary>
    public string Facts { get; init; } = "";

    /// <summary>Absolute path of a JSON file, or empty.</summary>
    public string Overrides { get; init; } = "";

    public IReadOnlyList<string> PluginPath { get; init; } = Configuration.ServerOptions.DefaultPluginPath;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where warnings go: files that are refused, a defect.</summary>
    public TextWriter Log { get; init; } = TextWriter.Null;
}

/// <summary>One event of a machine in the foreground.</summary>
/// <param name="Event">As the host told it.</param>
/// <param name="Json">The CloudEvent.</param>
public sealed record ForegroundEvent(MachineEvent Event, ReadOnlyMemory<byte> Json);
