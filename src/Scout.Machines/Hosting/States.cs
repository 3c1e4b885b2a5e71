namespace Scout.Machines.Hosting;

/// <summary>Names with a meaning of their own (machines.md sections 3.1 and 8).</summary>
internal static class States
{
    public const string Unknown = "UNKNOWN";
    public const string Critical = "CRITICAL";
    public const string ForceCheck = "FORCE_CHECK";
    public const string Maintenance = "MAINTENANCE";

    /// <summary>The transition out of maintenance.</summary>
    public const string Resume = "RESUME";

    /// <summary>The four results, which only watchers and subscriptions may fire in a check.</summary>
    public static bool IsResult(string transition) => transition is "OK" or "WARNING" or "CRITICAL" or "UNKNOWN";
}
