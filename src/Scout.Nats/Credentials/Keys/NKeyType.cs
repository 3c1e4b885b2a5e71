namespace Scout.Nats;

/// <summary>What an NKey stands for; the value is the first byte of its text before base32.</summary>
public enum NKeyType
{
    /// <summary>Text begins with A.</summary>
    Account = 0,

    /// <summary>Text begins with N.</summary>
    Server = 13 << 3,

    /// <summary>Text begins with O.</summary>
    Operator = 14 << 3,

    /// <summary>Text begins with U.</summary>
    User = 20 << 3,
}
