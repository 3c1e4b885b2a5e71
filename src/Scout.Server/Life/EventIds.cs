using Scout.Checks.Probes;

namespace Scout.Server.Life;

/// <summary>
/// UUIDv7 whose random part comes from the system's generator: a guessable id would let another node make the stream swallow an event (nats.md 12).
/// </summary>
internal static class EventIds
{
    public static Guid New(TimeProvider time)
    {
        Span<byte> bytes = stackalloc byte[16];
        SystemRandom.Instance.Fill(bytes[6..]);
        long milliseconds = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (int i = 5; i >= 0; i--)
        {
            bytes[i] = (byte)milliseconds;
            milliseconds >>= 8;
        }

        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
