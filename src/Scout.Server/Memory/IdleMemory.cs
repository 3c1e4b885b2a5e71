using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Scout.Server.Memory;

/// <summary>
/// Gives back what only the start of a process needed. Much of it is code: reading a configuration, compiling, connecting; it stays mapped for good, because nothing
/// presses the kernel to look. Whatever is still wanted comes back with a page fault from the page cache (docs/performance.md has the figures).
/// </summary>
internal static partial class IdleMemory
{
    private const int DontNeed = 4;
    private const int EntryBytes = sizeof(ulong);

    /// <summary>Heap, <c>malloc</c> and code. Takes some 10 to 30 ms, in which no managed code runs.</summary>
    public static void GiveBack()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        TrimNative();
        DropFilePages();
    }

    /// <summary>Unmaps the clean pages of files that are mapped for reading only.</summary>
    /// <returns>Bytes that were let go; 0 where /proc does not tell.</returns>
    public static long DropFilePages()
    {
        try
        {
            // All at once: the list must not change under us more than it has to.
            byte[] maps = File.ReadAllBytes("/proc/self/maps");
            using FileStream pages = new("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            long dropped = 0;
            ReadOnlySpan<byte> rest = maps;
            while (!rest.IsEmpty)
            {
                int end = rest.IndexOf((byte)'\n');
                ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
                if (MemoryMapping.TryReadOnlyFile(line, out MemoryMapping mapping)) dropped += Drop(mapping, pages);
                rest = end < 0 ? [] : rest[(end + 1)..];
            }

            return dropped;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // No /proc, or one that hides it: the memory is only more than it had to be.
            return 0;
        }
    }

    private static long Drop(MemoryMapping mapping, FileStream pages)
    {
        nuint page = (nuint)Environment.SystemPageSize;
        Span<byte> entries = stackalloc byte[512 * EntryBytes];
        long dropped = 0;
        nuint at = mapping.Start, from = mapping.Start;
        pages.Position = (long)(at / page) * EntryBytes;
        while (at < mapping.End)
        {
            int wanted = (int)Math.Min((ulong)entries.Length, (mapping.End - at) / page * EntryBytes);
            int read = pages.ReadAtLeast(entries[..wanted], wanted, throwOnEndOfStream: false);
            if (read < EntryBytes) break;
            for (int i = 0; i + EntryBytes <= read; i += EntryBytes, at += page)
            {
                if (IsFilePage(BinaryPrimitives.ReadUInt64LittleEndian(entries[i..]))) continue;
                dropped += Drop(from, at);
                from = at + page;
            }
        }

        return dropped + Drop(from, at);
    }

    // Bit 63: present; bit 61: a page of the file, so not the copy that a relocation made of it, which exists nowhere else (pagemap.rst).
    private static bool IsFilePage(ulong entry) => (entry & (1UL << 63)) != 0 && (entry & (1UL << 61)) != 0;

    private static unsafe long Drop(nuint from, nuint to) => to > from && Madvise((void*)from, to - from, DontNeed) == 0 ? (long)(to - from) : 0;

    private static void TrimNative()
    {
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Not every C library has it.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static unsafe partial int Madvise(void* address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}
