namespace Scout.Server.Rpc;

/// <summary>The states that are counted by name.</summary>
internal static class NodeStates
{
    /// <summary>The state itself for the six of checks, else <c>other</c>.</summary>
    public static string Shown(string state) => state is "OK" or "WARNING" or "CRITICAL" or "UNKNOWN" or "MAINTENANCE" or "FORCE_CHECK" ? state : "other";
}
