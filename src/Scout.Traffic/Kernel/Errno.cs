namespace Scout.Traffic.Kernel;

/// <summary>Error numbers that Scout tells apart; the same on every architecture that <see cref="LinuxBpf"/> supports.</summary>
public static class Errno
{
    public const int NotPermitted = 1;
    public const int NoEntry = 2;
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int NoAccess = 13;
    public const int Exists = 17;
    public const int Invalid = 22;
    public const int NoSpace = 28;
    public const int TooBig = 7;
    public const int NotImplemented = 38;
    public const int NotSupported = 524;
}
