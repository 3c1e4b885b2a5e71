using Scout.Checks.Execution.Native;

namespace Scout.Checks.Execution;

/// <summary>
/// What a crash leaves behind. A core file of a node or a broker holds its keys, so there is none: the soft limit becomes 0, for this process and all that it starts. Who must have
/// one raises it again with <c>prlimit</c> while the process runs.
/// </summary>
public static unsafe class CoreFiles
{
    private const int LimitCore = 4;

    /// <summary>Sets the limit; a system that refuses keeps what it had.</summary>
    public static void Forbid() => ProcessSetup.Limit(LimitCore, 0);
}
