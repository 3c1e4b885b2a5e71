using System.Text;

namespace Scout.Broker.Supervision;

/// <summary>
/// Reads a pipe to its end, always: a full pipe stops the server (security.md 13). Lines are cut at 2 KiB; what a flood adds beyond the bound is counted, not kept.
/// </summary>
internal sealed class LineDrain(Stream pipe, Action<string> take)
{
    public const int MaxLine = 2048;

    /// <summary>Lines a second that are passed on; the rest are counted.</summary>
    public const int MaxPerSecond = 1000;

    private const int BufferSize = 32 * 1024;

    private readonly StringBuilder line = new();
    private readonly Decoder decoder = Encoding.UTF8.GetDecoder();
    private readonly char[] text = new char[BufferSize + 4];
    private bool begun;
    private bool cut;
    private bool skipping;
    private long second;
    private int taken;

    /// <summary>Lines that were not passed on.</summary>
    public long Dropped { get; private set; }

    public async Task RunAsync(TimeProvider time)
    {
        byte[] buffer = new byte[BufferSize];
        try
        {
            while (await pipe.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                long now = time.GetTimestamp() / time.TimestampFrequency;
                if (now != second) (second, taken) = (now, 0);
                Split(buffer.AsSpan(0, count));
            }
        }
        catch (IOException)
        {
            // The pipe broke with the server: its exit says why.
        }

        if (skipping) Dropped++;
        else if (begun) Pass();
    }

    private void Split(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)'\n');
            if (skipping)
            {
                if (end < 0) return;
                skipping = false;
                Dropped++;
                bytes = bytes[(end + 1)..];
            }
            else if (!begun && taken >= MaxPerSecond)
            {
                // A flood is not even looked at: its lines are counted.
                int last = bytes.LastIndexOf((byte)'\n');
                Dropped += bytes.Count((byte)'\n');
                skipping = last + 1 < bytes.Length;
                return;
            }
            else
            {
                Keep(end < 0 ? bytes : bytes[..end], end >= 0);
                if (end < 0) return;
                Pass();
                bytes = bytes[(end + 1)..];
            }
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes, bool whole)
    {
        begun = true;
        int length = decoder.GetChars(bytes, text, flush: whole);
        foreach (char c in text.AsSpan(0, length))
        {
            if (line.Length < MaxLine)
            {
                line.Append(char.IsControl(c) && c != '\t' ? '\uFFFD' : c);
                continue;
            }

            cut = true;
            return;
        }
    }

    private void Pass()
    {
        string whole = cut ? line.Append('…').ToString() : line.ToString();
        line.Clear();
        begun = cut = false;
        if (string.IsNullOrWhiteSpace(whole)) return;
        if (++taken > MaxPerSecond) Dropped++;
        else take(whole);
    }
}
