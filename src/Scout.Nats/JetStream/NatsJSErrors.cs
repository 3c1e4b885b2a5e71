namespace Scout.Nats;

/// <summary>Error numbers of JetStream (<see cref="ApiError.ErrCode"/>) that callers act on.</summary>
public static class NatsJSErrors
{
    public const int ConsumerNotFound = 10014;
    public const int MessageNotFound = 10037;
    public const int MessageTooLarge = 10054;
    public const int StreamNameInUse = 10058;
    public const int StreamNotFound = 10059;
    public const int WrongExpectedStream = 10060;
    public const int WrongLastMsgId = 10070;
    public const int WrongLastSequence = 10071;
    public const int StreamFull = 10077;
    public const int RollupRefused = 10111;
    public const int TtlNotEnabled = 10166;

    /// <summary>Whether repeating a publish with this error can never help.</summary>
    public static bool IsPermanent(ApiError error) => error.ErrCode is MessageTooLarge or WrongExpectedStream or RollupRefused or TtlNotEnabled;
}
