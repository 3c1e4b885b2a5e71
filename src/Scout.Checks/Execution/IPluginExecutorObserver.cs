namespace Scout.Checks.Execution;

/// <summary>Hears what happens beside the results. Called on threads of the executor: must be short and must not throw.</summary>
public interface IPluginExecutorObserver
{
    void Notice(PluginExecutorNotice notice);
}

/// <summary>Something worth a line in a log.</summary>
/// <param name="Kind">What.</param>
/// <param name="Text">For people, with how to mend it.</param>
/// <param name="Owner">Of the request, or empty.</param>
/// <param name="Pid">Of the process, or 0.</param>
/// <param name="State">For <see cref="PluginExecutorNoticeKind.StuckEnded"/>: the state given to <c>Start</c>.</param>
public sealed record PluginExecutorNotice(PluginExecutorNoticeKind Kind, string Text, string Owner = "", int Pid = 0, object? State = null);

/// <summary>Kinds of <see cref="PluginExecutorNotice"/>.</summary>
public enum PluginExecutorNoticeKind
{
    /// <summary>A process that was answered <c>stuck</c> is gone: its machine may run again.</summary>
    StuckEnded,
    /// <summary>A start that never came back; its thread was replaced.</summary>
    SpawnerReplaced,
    /// <summary>The system lacks processes, memory or descriptors; starts pause.</summary>
    ResourcesShort,
    /// <summary>The status of a plugin was taken by somebody else: a defect.</summary>
    StatusLost,
    /// <summary>A process that had left its group was ended.</summary>
    StrayEnded,
    /// <summary>The trust rule passed, but a group may write the file or its folder.</summary>
    GroupWritable,
    /// <summary>Something is missing on this system and a slower way is taken.</summary>
    Degraded,
    /// <summary>A callback or observer threw: a defect.</summary>
    CallbackFailed,
}
