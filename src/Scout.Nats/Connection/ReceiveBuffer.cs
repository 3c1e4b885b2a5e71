using System.Runtime.CompilerServices;
using Scout.Nats.Protocol;

namespace Scout.Nats.Connection;

/// <summary>The bytes that have come and are not frames yet. Grows only as bytes really arrive, and shrinks again.</summary>
internal sealed class ReceiveBuffer(Stream plain)
{
    private const int InitialSize = 8 * 1024;
    private const int BusySize = 64 * 1024;

    private Stream stream = plain;
    private byte[] bytes = new byte[InitialSize];
    private int start;
    private int end;
    private ParserState state;
    private int wanted;

    public bool IsEmpty => start == end;

    /// <summary>Whether the control line of the frame under way is complete, and its payload is not.</summary>
    public bool IsInPayload => state.Need > end - start + 1;

    /// <summary>Reads from the encrypted stream from here on. Nothing may have been read beyond what was sent in the clear.</summary>
    public void Use(Stream encrypted) => stream = encrypted;

    /// <summary>Reads what is there. 0 at the end of the stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        int count = await stream.ReadAsync(bytes.AsMemory(end), cancellationToken).ConfigureAwait(false);
        // A full buffer says that more is waiting: fewer, larger reads from here on.
        if (count == bytes.Length - end && bytes.Length < BusySize) wanted = BusySize;
        end += count;
        return count;
    }

    /// <summary>The next frame, if all of it has come. Its views are valid until the next <see cref="FillAsync"/>.</summary>
    public ParseStatus TryRead(int maxPayload, out Frame frame, out string violation)
    {
        ParseStatus status = FrameParser.TryRead(bytes.AsSpan(start, end - start), maxPayload, ref state, out frame, out int consumed, out violation);
        start += consumed;
        return status;
    }

    /// <summary>Gives memory back that a burst has left behind. Only the reader itself may call this, between reads.</summary>
    public void Trim()
    {
        if (IsEmpty && bytes.Length > InitialSize) bytes = new byte[InitialSize];
    }

    private void MakeRoom()
    {
        int held = end - start;
        if (held == 0)
        {
            start = end = 0;
            if (bytes.Length > BusySize || wanted > bytes.Length)
            {
                bytes = new byte[Math.Max(wanted, InitialSize)];
                wanted = 0;
            }

            return;
        }

        // A frame's declared length alone takes no memory: the buffer doubles as its bytes arrive.
        bool full = end == bytes.Length;
        if (held > bytes.Length / 2 && full)
        {
            byte[] larger = new byte[Math.Max(bytes.Length * 2, wanted)];
            wanted = 0;
            bytes.AsSpan(start, held).CopyTo(larger);
            bytes = larger;
        }
        else if (start > 0 && (full || start >= bytes.Length / 2))
        {
            bytes.AsSpan(start, held).CopyTo(bytes);
        }
        else
        {
            return;
        }

        start = 0;
        end = held;
    }
}
