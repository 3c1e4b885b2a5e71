namespace Scout.Checks.Stamp;

/// <summary>How Scout's TLV came.</summary>
public enum StampTlvState : byte
{
    /// <summary>The packet carries none.</summary>
    None,

    /// <summary>It is there, and in a reply the reflector understood it.</summary>
    Good,

    /// <summary>It came back as it was sent, with U set: the reflector does not know it.</summary>
    Unrecognised,

    /// <summary>Its length is wrong, it is cut off, or the reflector set M.</summary>
    Malformed,
}
