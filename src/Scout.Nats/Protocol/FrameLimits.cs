namespace Scout.Nats.Protocol;

/// <summary>What a frame from the server may be at most, in bytes. Anything above ends the connection before memory is taken for it.</summary>
internal static class FrameLimits
{
    public const int InfoLine = 64 * 1024;

    /// <summary>A server takes lines of up to 8 KiB from whoever publishes, as ours is told, and adds the subscription's id to what it passes on.</summary>
    public const int ControlLine = 16 * 1024;

    /// <summary>
    /// A longer one, which a server passes on as it came, is stepped over with its message. A stream keeps parts of up to 64 KiB and adds headers of its own when it gives them
    /// out, the subject (up to 8 KiB) among them: nothing that can be stored may be stepped over, or what lies behind it could not be read.
    /// </summary>
    public const int HeaderPart = 96 * 1024;
    public const int Payload = 8 * 1024 * 1024;

    /// <summary>What is kept of the text of an -ERR.</summary>
    public const int ErrorText = 512;

    /// <summary>A server's <c>max_payload</c> as far as we go along with it.</summary>
    public static int PayloadFor(long announced) => (int)Math.Clamp(announced, 0, Payload);
}
