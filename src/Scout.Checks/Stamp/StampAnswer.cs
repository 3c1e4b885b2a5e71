namespace Scout.Checks.Stamp;

/// <summary>Who answers, in Scout's TLV.</summary>
public enum StampAnswer : byte
{
    /// <summary>Not an answer: the packet of a sender.</summary>
    Request = 0,

    /// <summary>The target named in the packet answers.</summary>
    Me = 1,

    /// <summary>Somebody else has this address now.</summary>
    NotMe = 2,

    /// <summary>The target answers and is about to leave.</summary>
    Leaving = 3,
}
