namespace Scout.Server.Store;

/// <summary>What an event is to the outbox: the last token of its subject, or lifecycle. The numbers are on disk and are never reused.</summary>
internal enum EventKind
{
    Transition = 0,
    Check = 1,
    State = 2,
    Watcher = 3,
    Lifecycle = 4,
}

/// <summary>Names of the kinds, as in subjects, metrics and queries.</summary>
internal static class EventKinds
{
    public const int Count = 5;

    public static IReadOnlyList<string> Names { get; } = ["transition", "check", "state", "watcher", "lifecycle"];

    public static string Name(EventKind kind) => Names[(int)kind];

    public static EventKind? Parse(string name) => name switch
    {
        "transition" => EventKind.Transition,
        "check" => EventKind.Check,
        "state" => EventKind.State,
        "watcher" => EventKind.Watcher,
        "lifecycle" => EventKind.Lifecycle,
        _ => null,
    };
}
