using System.Threading.Channels;

namespace Scout.Auditing;

/// <summary>
/// <c>audit.jsonl</c> (security.md 9): lines are appended by one task of its own, whoever writes never waits. At 10 MiB the file becomes <c>.1</c>, that one
/// <c>.2</c>, and so on; five are kept. Also part of Scout.Broker, whose services audit in the same way. Any thread.
/// </summary>
internal sealed class AuditFile : IAsyncDisposable
{
    /// <summary>Bytes of one file.</summary>
    public const long MaxBytes = 10L << 20;

    /// <summary>Files, the present one among them.</summary>
    public const int Files = 5;

    /// <summary>Lines that may wait; what is beyond is lost and counted.</summary>
    public const int Waiting = 8192;

    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    private readonly string path;
    private readonly long maxBytes;
    private readonly Action<string?> health;
    private readonly Channel<byte[]> lines;
    private readonly Task writing;
    private FileStream? file;
    private long dropped;
    private bool failing;

    /// <param name="path">Of the present file; its folder exists.</param>
    /// <param name="health">Told once when writing begins to fail, with the reason, and once when it works again, with null.</param>
    /// <param name="maxBytes">For tests.</param>
    public AuditFile(string path, Action<string?> health, long maxBytes = MaxBytes)
    {
        this.path = path;
        this.health = health;
        this.maxBytes = maxBytes;
        lines = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(Waiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
        writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Lines lost: the disk refused them, or too many waited.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Takes a line with its line feed; it is in the file soon.</summary>
    public void Write(byte[] line)
    {
        if (!lines.Writer.TryWrite(line)) Interlocked.Increment(ref dropped);
    }

    /// <summary>Writes what waits, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await writing;
        file?.Dispose();
    }

    private async Task WriteAllAsync()
    {
        while (await lines.Reader.WaitToReadAsync())
        {
            while (lines.Reader.TryRead(out byte[]? line)) Append(line);
            if (file is not null) Do(() => file.Flush());
        }
    }

    private void Append(byte[] line)
    {
        bool written = Do(() =>
        {
            file ??= Open();
            if (file.Length > 0 && file.Length + line.Length > maxBytes) Rotate();
            file!.Write(line);
        });
        if (!written) Interlocked.Increment(ref dropped);
    }

    private bool Do(Action work)
    {
        try
        {
            work();
            if (failing) health(null);
            failing = false;
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            if (!failing) health(error.Message);
            failing = true;
            Close();
            return false;
        }
    }

    private void Close()
    {
        try
        {
            file?.Dispose();
        }
        catch (IOException)
        {
            // What it still held is lost, which was said already.
        }

        file = null;
    }

    private FileStream Open()
    {
        bool torn = IsTorn();
        var opened = new FileStream(path, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, UnixCreateMode = Mode });
        // What a full disk or a crash cut must not swallow the next line.
        if (torn) opened.WriteByte((byte)'\n');
        return opened;
    }

    private bool IsTorn()
    {
        if (!File.Exists(path)) return false;
        using var there = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (there.Length == 0) return false;
        there.Seek(-1, SeekOrigin.End);
        return there.ReadByte() != '\n';
    }

    private void Rotate()
    {
        file!.Dispose();
        file = null;
        for (int number = Files - 1; number > 0; number--)
        {
            string older = $"{path}.{number}";
            string newer = number == 1 ? path : $"{path}.{number - 1}";
            if (File.Exists(newer)) File.Move(newer, older, overwrite: true);
        }

        file = Open();
    }
}
