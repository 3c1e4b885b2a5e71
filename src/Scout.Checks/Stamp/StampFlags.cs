namespace Scout.Checks.Stamp;

/// <summary>Flags of Scout's TLV.</summary>
[Flags]
public enum StampFlags : byte
{
    None = 0,

    /// <summary>Sent after a loss; kept out of all ratios.</summary>
    Reactive = 1,

    /// <summary>The reflector's process stalled within the last second.</summary>
    ReflectorStalled = 2,

    /// <summary>The reflector's table of sessions is full: its number is a copy of the sender's and says nothing about directions.</summary>
    Stateless = 4,
}
