using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Scout.Server.Store;

/// <summary>The real disk: plain files opened without following a link, fdatasync, fsync of the folder.</summary>
internal sealed partial class LinuxStoreFiles : IStoreFiles
{
    private const int ReadWrite = 2;
    private const int CreateNew = 0x40 | 0x80;
    private const int CloseOnExec = 0x80000;

    // O_DIRECTORY and O_NOFOLLOW are swapped between x86 and arm.
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int NoFollow = Arm ? 0x8000 : 0x20000;
    private static readonly int Directory = Arm ? 0x4000 : 0x10000;

    public void MakeFolder(string folder)
    {
        if (System.IO.Directory.Exists(folder)) return;
        if (MakeDirectory(folder, 0x1C0) != 0) throw Failure("mkdir", folder);
    }

    public IReadOnlyList<StoreFileName> List(string folder)
    {
        var names = new List<StoreFileName>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (file.LinkTarget is null) names.Add(new StoreFileName(file.Name, file.Length));
        }

        return names;
    }

    public IStoreFile Create(string path) => new LinuxFile(path, Descriptor(path, ReadWrite | CreateNew | NoFollow | CloseOnExec));

    public IStoreFile Open(string path) => new LinuxFile(path, Descriptor(path, ReadWrite | NoFollow | CloseOnExec));

    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    public void Delete(string path) => File.Delete(path);

    public void SyncFolder(string folder)
    {
        using var handle = Descriptor(folder, Directory | NoFollow | CloseOnExec);
        if (FileSync(handle) != 0) throw Failure("fsync", folder);
    }

    private static SafeFileHandle Descriptor(string path, int flags)
    {
        int descriptor = OpenFile(path, flags, 0x180);
        if (descriptor < 0) throw Failure("open", path);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static IOException Failure(string call, string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"{call} {path}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})", error);
    }

    // open is variadic in C; three integer arguments travel the same way on the ABIs .NET runs on under Linux.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectory(string path, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(SafeFileHandle file);

    private sealed class LinuxFile(string path, SafeFileHandle handle) : IStoreFile
    {
        public long Length => RandomAccess.GetLength(handle);

        public int Read(long offset, Span<byte> buffer) => RandomAccess.Read(handle, buffer, offset);

        public void Write(long offset, ReadOnlySpan<byte> bytes) => RandomAccess.Write(handle, bytes, offset);

        public void Truncate(long length) => RandomAccess.SetLength(handle, length);

        public void Sync()
        {
            if (DataSync(handle) != 0) throw Failure("fdatasync", path);
        }

        public void Dispose() => handle.Dispose();
    }
}
