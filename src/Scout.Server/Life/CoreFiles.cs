using Scout.Server.Native;

namespace Scout.Server.Life;

/// <summary>
/// What a crash leaves behind. A core file of a node or a broker holds its keys, so there is none: the soft limit becomes 0, for this process and all that it starts. Who must have
/// one raises it again with <c>prlimit</c> while the process runs.
/// </summary>
public static class CoreFiles
{
    /// <summary>Sets the limit; a system that refuses keeps what it had.</summary>
    public static unsafe void Forbid()
    {
        Libc.ResourceLimit limit = default;
        if (Libc.GetLimit(Libc.LimitCore, &limit) != 0) return;
        limit.Soft = 0;
        _ = Libc.SetLimit(Libc.LimitCore, &limit);
    }
}
