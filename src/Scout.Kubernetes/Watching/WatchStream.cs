namespace Scout.Kubernetes;

/// <summary>An open watch: lines framed by LF, in any number of pieces. Whoever opened it disposes it.</summary>
internal sealed class WatchStream<T> : IDisposable where T : KubernetesObject
{
    private readonly ResourceKind<T> kind;
    private readonly ApiAnswer answer;
    private readonly KubernetesClientOptions options;
    private readonly ByteWindow window;
    private readonly CancellationTokenSource silence;
    private readonly CancellationTokenSource either;
    private readonly TimeSpan asked;
    private readonly CancellationToken cancel;
    private TimeSpan patience;
    private int scanned;

    public WatchStream(ResourceKind<T> kind, ApiAnswer answer, Stream body, TimeSpan asked, KubernetesClientOptions options, TimeProvider time, CancellationToken cancel)
    {
        this.kind = kind;
        this.answer = answer;
        this.asked = asked;
        this.options = options;
        this.cancel = cancel;
        window = new ByteWindow(body, 4 * 1024);
        patience = asked + options.EndSilence;
        silence = new CancellationTokenSource(patience, time);
        either = CancellationTokenSource.CreateLinkedTokenSource(cancel, silence.Token);
    }

    /// <summary>Something was said in this stream, were it only a bookmark.</summary>
    public bool SaidSomething { get; private set; }

    /// <summary>The next line; null at the end of the stream, when the server closed it between two lines.</summary>
    /// <exception cref="KubernetesException">The stream broke, ended inside a line, or was silent for too long.</exception>
    public async ValueTask<WatchEvent<T>?> ReadAsync()
    {
        try
        {
            while (true)
            {
                if (TryTake(out WatchEvent<T> found)) return found;
                if (window.Count - scanned == 0 && scanned > options.MaxObjectBytes) return await SkipLineAsync();
                if (await window.FillAsync(either.Token)) continue;
                if (window.Count > 0) throw new KubernetesException(ApiFailure.Disconnected, "the watch ended inside a line");
                return null;
            }
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new KubernetesException(ApiFailure.Silent, $"the watch said nothing for {patience.TotalSeconds:0} s");
        }
        catch (IOException error)
        {
            throw new KubernetesException(ApiFailure.Disconnected, $"the watch broke: {error.Message}", error);
        }
    }

    private bool TryTake(out WatchEvent<T> found)
    {
        found = default;
        while (true)
        {
            int end = window.Data[scanned..].IndexOf((byte)'\n');
            if (end < 0)
            {
                scanned = window.Count;
                return false;
            }

            int length = scanned + end;
            ReadOnlySpan<byte> line = window.Data[..length].TrimEnd((byte)'\r');
            scanned = 0;
            if (line.IsEmpty)
            {
                window.Consume(length + 1);
                continue;
            }

            found = length > options.MaxObjectBytes ? new(WatchEventType.Oversized, null, "") : WatchLine.Read(kind, line);
            window.Consume(length + 1);
            Heard(found.Type);
            return true;
        }
    }

    /// <summary>The line is longer than the bound: bytes are dropped up to its LF.</summary>
    private async ValueTask<WatchEvent<T>> SkipLineAsync()
    {
        while (true)
        {
            int end = window.Data.IndexOf((byte)'\n');
            if (end >= 0)
            {
                window.Consume(end + 1);
                scanned = 0;
                Heard(WatchEventType.Oversized);
                return new(WatchEventType.Oversized, null, "");
            }

            window.Consume(window.Count);
            scanned = 0;
            if (!await window.FillAsync(either.Token)) throw new KubernetesException(ApiFailure.Disconnected, "the watch ended inside a line");
        }
    }

    private void Heard(WatchEventType type)
    {
        SaidSomething = true;
        if (type == WatchEventType.Bookmark) patience = Min(options.BookmarkSilence, asked + options.EndSilence);
        if (!silence.IsCancellationRequested) silence.CancelAfter(patience);
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    public void Dispose()
    {
        window.Dispose();
        either.Dispose();
        silence.Dispose();
        answer.Dispose();
    }
}
