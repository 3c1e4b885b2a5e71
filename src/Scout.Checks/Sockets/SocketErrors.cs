using System.Runtime.InteropServices;

namespace Scout.Checks.Sockets;

/// <summary>Error numbers of Linux that a socket gives.</summary>
public static class SocketErrors
{
    public const int NotPermitted = 1;
    public const int Interrupted = 4;
    public const int Again = 11;
    public const int NoMemory = 12;
    public const int NoAccess = 13;
    public const int TooManyOpenSystem = 23;
    public const int TooManyOpen = 24;
    public const int TooLong = 90;
    public const int FamilyNotSupported = 97;
    public const int AddressInUse = 98;
    public const int AddressNotAvailable = 99;
    public const int NetUnreachable = 101;
    public const int Reset = 104;
    public const int NoBuffers = 105;
    public const int TimedOut = 110;
    public const int Refused = 111;
    public const int HostUnreachable = 113;
    public const int InProgress = 115;

    /// <summary>This host could not, whatever the network does: no descriptors, ports or memory.</summary>
    public static bool IsLocal(int errno) => errno is Again or NoMemory or TooManyOpenSystem or TooManyOpen or NoBuffers or AddressNotAvailable;

    /// <summary>As the system says it: <c>Address already in use</c>.</summary>
    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);
}
