namespace Scout.Checks.Stamp;

/// <summary>On which way a probe was lost.</summary>
public enum LossDirection : byte
{
    /// <summary>No later reply has told yet, or none can tell.</summary>
    Unknown,

    /// <summary>The request did not reach the reflector, or the reflector did not answer it.</summary>
    Forward,

    /// <summary>The reflector answered and the reply did not come back.</summary>
    Reverse,
}
