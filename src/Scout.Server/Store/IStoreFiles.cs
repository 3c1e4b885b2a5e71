namespace Scout.Server.Store;

/// <summary>
/// The disk as the store sees it. A seam: tests put faults in here. Paths are absolute. All failures are <see cref="IOException"/> or
/// <see cref="UnauthorizedAccessException"/>; links are never followed.
/// </summary>
internal interface IStoreFiles
{
    /// <summary>Makes it with mode 0700 when it is not there.</summary>
    void MakeFolder(string folder);

    /// <summary>Names and sizes of the plain files in it.</summary>
    IReadOnlyList<StoreFileName> List(string folder);

    /// <summary>A new file with mode 0600; fails when the name exists.</summary>
    IStoreFile Create(string path);

    /// <summary>For reading and writing.</summary>
    IStoreFile Open(string path);

    /// <summary>Replaces the target, atomically.</summary>
    void Rename(string from, string to);

    void Delete(string path);

    /// <summary>Makes names in the folder last.</summary>
    void SyncFolder(string folder);
}

/// <summary>One open file. Reading is allowed while another thread writes.</summary>
internal interface IStoreFile : IDisposable
{
    long Length { get; }

    /// <summary>Bytes read, 0 at the end.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>Writes all of it at the offset, or throws; then any part of it may have been written.</summary>
    void Write(long offset, ReadOnlySpan<byte> bytes);

    void Truncate(long length);

    /// <summary>fdatasync.</summary>
    void Sync();
}

internal readonly record struct StoreFileName(string Name, long Bytes);
