using Scout.Server.Store.Encoding;

namespace Scout.Server.Store;

/// <summary>Reads events back from their segments. Any thread; the last file stays open, since a backlog is read in order.</summary>
internal sealed class EventFiles(IStoreFiles files) : IDisposable
{
    private readonly Lock gate = new();
    private string openPath = "";
    private IStoreFile? open;

    /// <summary>Null when it cannot be read, or is not what was written.</summary>
    public StoredEvent? Read(string path, EventPosition position)
    {
        lock (gate)
        {
            try
            {
                byte[] body = new byte[position.Length];
                if (!Fill(path, position.Offset, body) || Crc32C.Compute(body) != position.Sum) return null;
                var item = EventCodec.Read(body, out _);
                return item?.Sequence == position.Sequence ? item : null;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Close();
                return null;
            }
        }
    }

    public void Dispose()
    {
        lock (gate) Close();
    }

    private bool Fill(string path, long offset, Span<byte> into)
    {
        if (open is null || openPath != path)
        {
            Close();
            open = files.Open(path);
            openPath = path;
        }

        while (!into.IsEmpty)
        {
            int read = open.Read(offset, into);
            if (read == 0) return false;
            offset += read;
            into = into[read..];
        }

        return true;
    }

    private void Close()
    {
        open?.Dispose();
        open = null;
        openPath = "";
    }
}
