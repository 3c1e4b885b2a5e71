using System.Collections.Immutable;
using System.Text;

namespace Scout.Machines.Definitions;

/// <summary>Equal tables are one instance in the whole process (machines.md section 12), whichever file they come from.</summary>
internal static class StateTables
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, WeakReference<StateTable>> Known = new(StringComparer.Ordinal);
    private static int sweepAt = 64;

    private static readonly ImmutableArray<string> Running = ["UNKNOWN", "OK", "WARNING", "CRITICAL"];
    private static readonly ImmutableArray<string> Believing = ["UNKNOWN", "OK", "WARNING", "CRITICAL", "FORCE_CHECK"];

    /// <summary>The table of the short form (machines.md 3.1).</summary>
    public static StateTable Check { get; } = Intern("UNKNOWN",
    [
        new() { Name = "UNKNOWN", From = Believing, Destination = "UNKNOWN" },
        new() { Name = "OK", From = Believing, Destination = "OK" },
        new() { Name = "WARNING", From = Believing, Destination = "WARNING" },
        new() { Name = "CRITICAL", From = Believing, Destination = "CRITICAL" },
        new() { Name = "FORCE_CHECK", From = Running, Destination = "FORCE_CHECK" },
        new() { Name = "MAINTENANCE", From = Believing, Destination = "MAINTENANCE" },
        new() { Name = "RESUME", From = ["MAINTENANCE"], Destination = "UNKNOWN" },
    ]);

    /// <summary>The one table of this content.</summary>
    public static StateTable Intern(string initialState, ImmutableArray<Transition> transitions)
    {
        string key = Key(initialState, transitions);
        lock (Gate)
        {
            if (Known.TryGetValue(key, out WeakReference<StateTable>? known) && known.TryGetTarget(out StateTable? table)) return table;
            table = new StateTable(initialState, transitions);
            Known[key] = new WeakReference<StateTable>(table);
            if (Known.Count >= sweepAt) Sweep();
            return table;
        }
    }

    // Definitions come and go; the keys of those that went must not stay.
    private static void Sweep()
    {
        foreach (string dead in Known.Where(entry => !entry.Value.TryGetTarget(out _)).Select(entry => entry.Key).ToList()) Known.Remove(dead);
        sweepAt = Math.Max(64, Known.Count * 2);
    }

    private static string Key(string initialState, ImmutableArray<Transition> transitions)
    {
        // Names hold none of these separators; descriptions are last and have their length before them.
        var key = new StringBuilder(initialState);
        foreach (Transition transition in transitions)
        {
            key.Append('\n').Append(transition.Name).Append('>').Append(transition.Destination);
            foreach (string from in transition.From) key.Append('<').Append(from);
            foreach (Subscription subscription in transition.Subscribe) key.Append('@').Append(subscription.MachineName).Append('/').Append(subscription.Event);
            if (transition.Description.Length > 0) key.Append('#').Append(transition.Description.Length).Append('#').Append(transition.Description);
        }

        return key.ToString();
    }
}
