using Scout.Server.Store;

namespace Scout.Server.Tests.Store;

/// <summary>A real disk that does not answer until it is told to go on.</summary>
internal sealed class HungFiles : IStoreFiles, IDisposable
{
    private readonly LinuxStoreFiles files = new();

    /// <summary>Somebody waits for the disk, or did.</summary>
    public ManualResetEventSlim Reached { get; } = new();

    public ManualResetEventSlim GoOn { get; } = new();

    public void MakeFolder(string folder) => Waited().MakeFolder(folder);

    public IReadOnlyList<StoreFileName> List(string folder) => Waited().List(folder);

    public IStoreFile Create(string path) => new HungFile(this, Waited().Create(path));

    public IStoreFile Open(string path) => new HungFile(this, Waited().Open(path));

    public void Rename(string from, string to) => Waited().Rename(from, to);

    public void Delete(string path) => Waited().Delete(path);

    public void SyncFolder(string folder) => Waited().SyncFolder(folder);

    // Both stay usable: a writer that was given up may still wait for them.
    public void Dispose() => GoOn.Set();

    private LinuxStoreFiles Waited()
    {
        Reached.Set();
        GoOn.Wait();
        return files;
    }

    private sealed class HungFile(HungFiles owner, IStoreFile file) : IStoreFile
    {
        public long Length => file.Length;

        public int Read(long offset, Span<byte> buffer) => file.Read(offset, buffer);

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            owner.Waited();
            file.Write(offset, bytes);
        }

        public void Truncate(long length) => file.Truncate(length);

        public void Sync()
        {
            owner.Waited();
            file.Sync();
        }

        public void Dispose() => file.Dispose();
    }
}
