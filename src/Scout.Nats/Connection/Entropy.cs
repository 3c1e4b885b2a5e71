using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Scout.Nats.Connection;

/// <summary>Random bytes of the system, for ids that nobody may guess. Asked of the C library, because the class library's way brings OpenSSL into the process.</summary>
internal static partial class Entropy
{
    // More is refused by the call.
    private const int Most = 256;

    public static unsafe void Fill(Span<byte> bytes)
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

    public static unsafe int Seed()
    {
        int seed;
        Fill(new Span<byte>(&seed, sizeof(int)));
        return seed & int.MaxValue;
    }

    // Apart, so that the cryptography of the class library is not even loaded.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FillElsewhere(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);

    [LibraryImport("libc")]
    private static unsafe partial int getentropy(byte* buffer, nuint length);
}
