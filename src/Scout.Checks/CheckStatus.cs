namespace Scout.Checks;

/// <summary>What one look said: the four Nagios exit codes.</summary>
public enum CheckStatus
{
    /// <summary>Exit code 0.</summary>
    Ok = 0,
    /// <summary>Exit code 1.</summary>
    Warning = 1,
    /// <summary>Exit code 2.</summary>
    Critical = 2,
    /// <summary>Exit code 3, and whatever could not be judged.</summary>
    Unknown = 3,
}
