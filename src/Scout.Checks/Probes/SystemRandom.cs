using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Scout.Checks.Probes;

/// <summary>
/// The system's generator: what a peer sees of it tells nothing about what comes next. Asked of the C library, because the class library's way brings
/// OpenSSL into the process, 6 MB that a node without TLS does not need.
/// </summary>
public sealed partial class SystemRandom : IProbeRandom
{
    // More is refused by the call.
    private const int Most = 256;

    public static SystemRandom Instance { get; } = new();

    public unsafe void Fill(Span<byte> bytes)
    {
        for (Span<byte> rest = bytes; rest.Length > 0; rest = rest[Math.Min(Most, rest.Length)..])
        {
            fixed (byte* start = rest)
            {
                if (!OperatingSystem.IsWindows() && getentropy(start, (nuint)Math.Min(Most, rest.Length)) == 0) continue;
            }

            FillElsewhere(rest);
            return;
        }
    }

    // Apart, so that the cryptography of the class library is not even loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FillElsewhere(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);

    [LibraryImport("libc")]
    private static unsafe partial int getentropy(byte* buffer, nuint length);
}
