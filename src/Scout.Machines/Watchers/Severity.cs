namespace Scout.Machines.Watchers;

/// <summary><c>OK &lt; WARNING &lt; UNKNOWN &lt; CRITICAL</c> (machines.md 7.1), which is not the order of the exit codes.</summary>
internal static class Severity
{
    /// <summary>0 for OK to 3 for CRITICAL.</summary>
    public static int Of(CheckStatus status) => status switch
    {
        CheckStatus.Ok => 0,
        CheckStatus.Warning => 1,
        CheckStatus.Critical => 3,
        _ => 2,
    };
}
