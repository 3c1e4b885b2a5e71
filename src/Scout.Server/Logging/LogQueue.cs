namespace Scout.Server.Logging;

/// <summary>
/// Lines on their way to stderr. Nobody who logs ever waits for the terminal or the pipe behind it: lines queue, at most <see cref="Limit"/>, the rest is
/// counted and told. A pool thread writes while there is something to write.
/// </summary>
internal sealed class LogQueue(TextWriter output, Action dropped)
{
    public const int Limit = 8192;

    private readonly Lock gate = new();
    private readonly Queue<string> lines = new();
    private readonly Lock writing = new();
    private long lost;
    private bool scheduled;

    public void Add(string line)
    {
        lock (gate)
        {
            if (lines.Count >= Limit)
            {
                lost++;
                dropped();
                return;
            }

            lines.Enqueue(line);
            if (scheduled) return;
            scheduled = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.Flush(), this, preferLocal: false);
    }

    /// <summary>Writes everything that waits, on this thread.</summary>
    public void Flush()
    {
        lock (writing)
        {
            while (true)
            {
                string? line;
                long told;
                lock (gate)
                {
                    if (!lines.TryDequeue(out line))
                    {
                        scheduled = false;
                        output.Flush();
                        return;
                    }

                    told = lines.Count == 0 ? lost : 0;
                    if (told > 0) lost = 0;
                }

                try
                {
                    output.WriteLine(line);
                    if (told > 0) output.WriteLine($"({told} log lines were dropped: the reader of stderr is too slow)");
                }
                catch (Exception error) when (error is IOException or ObjectDisposedException)
                {
                    // stderr is gone; there is nowhere to complain.
                }
            }
        }
    }
}
