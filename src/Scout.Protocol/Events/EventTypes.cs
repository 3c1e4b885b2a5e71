namespace Scout.Protocol.Events;

/// <summary>The <c>type</c> attribute of our events. Each has a schema <c>docs/schemas/&lt;type&gt;.json</c>.</summary>
public static class EventTypes
{
    public const string Transition = "io.scout.machine.transition.v1";
    public const string State = "io.scout.machine.state.v1";
    public const string Check = "io.scout.check.result.v1";
    public const string Startup = "io.scout.node.startup.v1";
    public const string Alive = "io.scout.node.alive.v1";
    public const string Shutdown = "io.scout.node.shutdown.v1";
    public const string Outbox = "io.scout.node.outbox.v1";
    public const string Audit = "io.scout.node.audit.v1";

    private const string WatcherPrefix = "io.scout.watcher.";

    /// <summary>Watchers that have an event of their own: <c>exec file schedule timer metric</c> now, the others when they are built.</summary>
    private static readonly string[] Watchers = ["exec", "file", "schedule", "timer", "metric", "kv", "expression", "archive", "machines"];

    private static readonly string[] WatcherTypes = [.. Watchers.Select(type => WatcherPrefix + type + ".v1")];

    /// <summary><c>io.scout.watcher.TYPE.v1</c>.</summary>
    /// <exception cref="ArgumentException">No such watcher.</exception>
    public static string Watcher(string watcherType)
    {
        int index = Array.IndexOf(Watchers, watcherType);
        return index >= 0 ? WatcherTypes[index] : throw new ArgumentException($"'{Shown.Clip(watcherType)}' is no type of a watcher", nameof(watcherType));
    }

    /// <summary>The watcher's type in <c>io.scout.watcher.TYPE.v1</c>, or null.</summary>
    public static string? WatcherOf(string type)
    {
        int index = Array.IndexOf(WatcherTypes, type);
        return index >= 0 ? Watchers[index] : null;
    }

    /// <summary>A type that readers know.</summary>
    public static bool IsKnown(string type) =>
        type is Transition or State or Check or Startup or Alive or Shutdown or Outbox or Audit || WatcherOf(type) is not null;

    /// <summary>The kind in whose subjects events of a type stand; null for lifecycle and unknown types.</summary>
    public static EventKind? KindOf(string type) => type switch
    {
        Transition => EventKind.Transition,
        State => EventKind.State,
        Check => EventKind.Check,
        Outbox or Audit => EventKind.Watcher,
        _ => WatcherOf(type) is null ? null : EventKind.Watcher,
    };
}
