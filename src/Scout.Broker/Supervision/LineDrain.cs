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

    private readonly StringBuilder line = new();
    private bool cut;
    private long second;
    private int taken;

    /// <summary>Lines that were not passed on.</summary>
    public long Dropped { get; private set; }

    public async Task RunAsync(TimeProvider time)
    {
        byte[] buffer = new byte[16 * 1024];
        char[] text = new char[buffer.Length];
        Decoder decoder = Encoding.UTF8.GetDecoder();
        try
        {
            while (await pipe.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            {
                long now = time.GetTimestamp() / time.TimestampFrequency;
                if (now != second) (second, taken) = (now, 0);
                int length = decoder.GetChars(buffer.AsSpan(0, count), text, flush: false);
                Split(text.AsSpan(0, length));
            }
        }
        catch (IOException)
        {
            // The pipe broke with the server: its exit says why.
        }

        if (line.Length > 0) Pass();
    }

    private void Split(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (c == '\n') Pass();
            else if (line.Length < MaxLine) line.Append(char.IsControl(c) && c != '\t' ? '\uFFFD' : c);
            else cut = true;
        }
    }

    private void Pass()
    {
        string whole = cut ? line.Append('…').ToString() : line.ToString();
        line.Clear();
        cut = false;
        if (string.IsNullOrWhiteSpace(whole)) return;
        if (++taken > MaxPerSecond) Dropped++;
        else take(whole);
    }
}
