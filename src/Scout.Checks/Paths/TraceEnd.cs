namespace Scout.Checks.Paths;

/// <summary>How a trace ended.</summary>
public enum TraceEnd
{
    /// <summary>The target answered, be it with port unreachable.</summary>
    Reached,

    /// <summary>Several steps in a row were silent.</summary>
    Silent,

    /// <summary>Somebody on the way said that it goes no further.</summary>
    Unreachable,

    /// <summary>All steps were made and the target was not among them.</summary>
    TooFar,

    /// <summary>This host could not send.</summary>
    Local,
}
