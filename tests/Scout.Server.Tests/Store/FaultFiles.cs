using Scout.Server.Store;

namespace Scout.Server.Tests.Store;

/// <summary>
/// A disk in memory that remembers every operation, so that a test can ask what would be left of it after a power cut at any moment, and that can be
/// told to refuse.
/// </summary>
internal sealed class FaultFiles : IStoreFiles
{
    private readonly Lock gate = new();
    private readonly List<Operation> operations = [];
    private readonly Disk disk = new(platter: false);
    private readonly List<Operation> first = [];
    private int files;

    /// <summary>Asked before each operation; what it returns is thrown. Writes then leave <see cref="ShortWrite"/> bytes behind.</summary>
    public Func<Step, string, Exception?>? Fault { get; set; }

    public int ShortWrite { get; set; }

    public int Count
    {
        get
        {
            lock (gate) return operations.Count;
        }
    }

    public IReadOnlyList<Operation> Operations
    {
        get
        {
            lock (gate) return [.. operations];
        }
    }

    /// <summary>A disk that begins with these files.</summary>
    public static FaultFiles With(IReadOnlyDictionary<string, byte[]> contents)
    {
        var made = new FaultFiles();
        foreach (var (path, bytes) in contents)
        {
            int file = made.files++;
            made.first.Add(new Operation(Step.Create, path, file, 0, []));
            made.first.Add(new Operation(Step.Write, path, file, 0, bytes));
            made.first.Add(new Operation(Step.Sync, path, file, 0, []));
        }

        made.first.Add(new Operation(Step.SyncFolder, "", 0, 0, []));
        foreach (Operation operation in made.first) made.disk.Apply(operation);
        return made;
    }

    /// <summary>What would be found after a power cut now.</summary>
    public Dictionary<string, byte[]> After(PowerCut cut, Random random)
    {
        if (cut == PowerCut.Kept) return Contents();
        var platter = new Disk();
        lock (gate)
        {
            foreach (Operation operation in first) platter.Apply(operation);
            foreach (Operation operation in operations) platter.Apply(operation);
        }

        return platter.After(cut, random);
    }

    /// <summary>Forgets the operations so far, and files that were deleted; what is there stays.</summary>
    public void Forget()
    {
        lock (gate)
        {
            operations.Clear();
            disk.Forget();
        }
    }

    public Dictionary<string, byte[]> Contents()
    {
        lock (gate) return disk.Seen();
    }

    public void MakeFolder(string folder)
    {
    }

    public IReadOnlyList<StoreFileName> List(string folder)
    {
        lock (gate)
        {
            return [.. disk.Lengths().Where(file => Path.GetDirectoryName(file.Path) == folder).Select(static file => new StoreFileName(Path.GetFileName(file.Path), file.Length))];
        }
    }

    public IStoreFile Create(string path)
    {
        lock (gate)
        {
            if (disk.Find(path) is not null) throw new IOException($"open {path}: File exists");
            int file = files++;
            Do(new Operation(Step.Create, path, file, 0, []));
            return new OpenFile(this, path, file);
        }
    }

    public IStoreFile Open(string path)
    {
        lock (gate) return new OpenFile(this, path, disk.Find(path) ?? throw new IOException($"open {path}: No such file"));
    }

    public void Rename(string from, string to) => Do(new Operation(Step.Rename, from, 0, 0, System.Text.Encoding.UTF8.GetBytes(to)));

    public void Delete(string path) => Do(new Operation(Step.Delete, path, 0, 0, []));

    public void SyncFolder(string folder) => Do(new Operation(Step.SyncFolder, folder, 0, 0, []));

    private void Do(Operation operation)
    {
        lock (gate)
        {
            if (Fault?.Invoke(operation.Step, operation.Path) is { } error)
            {
                if (operation.Step == Step.Write && ShortWrite > 0) Note(operation with { Bytes = operation.Bytes[..Math.Min(ShortWrite, operation.Bytes.Length)] });
                throw error;
            }

            Note(operation);
        }
    }

    private void Note(Operation operation)
    {
        operations.Add(operation);
        disk.Apply(operation);
    }

    private sealed class OpenFile(FaultFiles owner, string path, int file) : IStoreFile
    {
        public long Length
        {
            get
            {
                lock (owner.gate) return owner.disk.Bytes(file).Length;
            }
        }

        public int Read(long offset, Span<byte> buffer)
        {
            lock (owner.gate)
            {
                var bytes = owner.disk.Bytes(file);
                if (offset >= bytes.Length) return 0;
                bytes = bytes[(int)offset..];
                int count = Math.Min(bytes.Length, buffer.Length);
                bytes[..count].CopyTo(buffer);
                return count;
            }
        }

        public void Write(long offset, ReadOnlySpan<byte> bytes) => owner.Do(new Operation(Step.Write, path, file, offset, bytes.ToArray()));

        public void Truncate(long length) => owner.Do(new Operation(Step.Truncate, path, file, length, []));

        public void Sync() => owner.Do(new Operation(Step.Sync, path, file, 0, []));

        public void Dispose()
        {
        }
    }
}

/// <summary>What was asked of the disk.</summary>
internal enum Step
{
    Create,
    Write,
    Truncate,
    Sync,
    Rename,
    Delete,
    SyncFolder,
}

internal sealed record Operation(Step Step, string Path, int File, long Offset, byte[] Bytes);

/// <summary>What becomes of writes that were not synced.</summary>
internal enum PowerCut
{
    /// <summary>All of them are there: kill -9, the system lives on.</summary>
    Kept,

    /// <summary>None is there, nor any name that the folder did not sync.</summary>
    Dropped,

    /// <summary>Some blocks of 512 bytes are there, others are not.</summary>
    Torn,
}
