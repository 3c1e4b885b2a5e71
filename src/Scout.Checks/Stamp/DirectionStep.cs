namespace Scout.Checks.Stamp;

/// <summary>What a reply was to a <see cref="DirectionMeter"/>.</summary>
public enum DirectionEvent : byte
{
    /// <summary>The newest so far.</summary>
    Newest,

    /// <summary>Older than another that came before it, and not counted lost.</summary>
    Reordered,

    /// <summary>Its probe had been counted lost.</summary>
    Late,

    /// <summary>Its probe has a reply already.</summary>
    Duplicate,

    /// <summary>The reflector began to count anew.</summary>
    Restarted,

    /// <summary>Too old to say anything.</summary>
    Stale,
}

/// <summary>What a reply changed.</summary>
/// <param name="Event">What the reply was.</param>
/// <param name="Forward">Lost probes that became known as lost forward; below 0 when a late reply or a corrected order takes some back.</param>
/// <param name="Reverse">The same for the way back.</param>
/// <param name="GapFirst">First of the probes without reply right before this one, whose direction may have been decided.</param>
/// <param name="GapCount">How many; 0 for none.</param>
public readonly record struct DirectionStep(DirectionEvent Event, int Forward, int Reverse, uint GapFirst, uint GapCount);
