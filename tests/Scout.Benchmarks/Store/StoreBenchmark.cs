using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Scout.Machines;
using Scout.Machines.Records;
using Scout.Machines.Runs;
using Scout.Server.Store;
using Scout.Testing;

namespace Scout.Benchmarks.Store;

/// <summary>What a commit costs against the least it can cost: one write and one fdatasync of as many bytes on the same disk.</summary>
internal static class StoreBenchmark
{
    // Short turns, one after the other, and the median of each: a neighbour on the disk then hurts both alike.
    private static readonly TimeSpan Each = TimeSpan.FromMilliseconds(400);
    private const int Turns = 7;

    public static async Task<int> RunAsync(string[] args)
    {
        _ = args;
        using var folder = new TempFolder();
        await using var store = NodeStore.Open(
            new NodeStoreOptions { DataFolder = folder.File("data"), Node = "bench", Publishes = false }, new LinuxStoreFiles(), TimeProvider.System, NullLogger.Instance);
        await store.FlushAsync();
        double[] raws = new double[Turns];
        double[] singles = new double[Turns];
        for (int i = 0; i < Turns; i++)
        {
            raws[i] = Raw(folder.File("raw" + i));
            singles[i] = await CommitsAsync(store, 1);
        }

        Array.Sort(raws);
        Array.Sort(singles);
        double raw = raws[Turns / 2];
        double single = singles[Turns / 2];
        double many = await CommitsAsync(store, 64);
        var (bytes, allocated, micros) = await SteadyAsync(store);
        Console.WriteLine($"one at a time     {single,10:F0} commits/s   raw write + fdatasync of 1 KiB {raw,8:F0}/s   ratio {single / raw:F2}");
        Console.WriteLine($"64 under way      {many,10:F0} commits/s");
        Console.WriteLine($"a steady result   {bytes,10:F0} bytes on disk, {allocated:F0} bytes allocated, {micros:F2} us of CPU, encoding and writing included");
        bool good = single >= 0.5 * raw && bytes <= 400;
        Console.WriteLine($"{{\"benchmark\":\"store\",\"commits_per_s\":{single:F0},\"raw_per_s\":{raw:F0},\"ratio\":{single / raw:F2},\"commits_64_per_s\":{many:F0},\"steady_bytes\":{bytes:F0},\"steady_allocated\":{allocated:F0},\"steady_us\":{micros:F2},\"ok\":{(good ? "true" : "false")}}}");
        return good ? 0 : 1;
    }

    private static double Raw(string path)
    {
        using var file = new LinuxStoreFiles().Create(path);
        byte[] block = new byte[1_024];
        long start = TimeProvider.System.GetTimestamp();
        long count = 0;
        while (TimeProvider.System.GetElapsedTime(start) < Each)
        {
            file.Write(count++ * block.Length, block);
            file.Sync();
        }

        return count / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<double> CommitsAsync(NodeStore store, int underWay)
    {
        using var free = new SemaphoreSlim(underWay, underWay);
        long start = TimeProvider.System.GetTimestamp();
        long count = 0;
        while (TimeProvider.System.GetElapsedTime(start) < Each)
        {
            await free.WaitAsync();
            var commit = new StoreCommit();
            commit.Machines.Add(Record(count));
            commit.Events.Add(Event(store.ReserveSequence()));
            store.Commit(commit, sync: true, _ => free.Release());
            count++;
        }

        await store.FlushAsync();
        return count / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task<(double Bytes, double Allocated, double Micros)> SteadyAsync(NodeStore store)
    {
        const int Count = 20_000;
        var records = new MachineRecord[1_000];
        for (int i = 0; i < records.Length; i++) records[i] = Record(i);
        await store.FlushAsync();
        long disk = store.Statistics().Bytes;
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long cpu = Measuring.CpuClock.Own;
        for (int i = 0; i < Count; i++)
        {
            var commit = new StoreCommit();
            commit.Machines.Add(records[i % records.Length]);
            store.Commit(commit, sync: false);
        }

        await store.FlushAsync();
        return ((double)(store.Statistics().Bytes - disk) / Count, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Count, (double)(Measuring.CpuClock.Own - cpu) / Count);
    }

    private static StoredEvent Event(long sequence) => new()
    {
        Sequence = sequence,
        Subject = "scout.event.bench.disk_root.check",
        Id = new Guid((int)sequence, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        Stream = "SCOUT_EVENTS",
        Machine = "disk_root",
        Kind = EventKind.Check,
        Time = TimeProvider.System.GetUtcNow(),
        Bytes = Encoding.ASCII.GetBytes(new string('x', 600)),
    };

    private static MachineRecord Record(long number) => new()
    {
        Name = "disk_root_" + (number % 1_000),
        Digest = new string('a', 32),
        Version = "1.0.0",
        State = "OK",
        Since = DateTimeOffset.UnixEpoch.AddSeconds(1_900_000_000),
        Check = new CheckRecord
        {
            Fresh = false,
            LastRaw = CheckStatus.Ok,
            Subject = new string('b', 32),
            LastResult = new LastResult
            {
                Status = CheckStatus.Ok,
                Reason = "exit",
                Output = "DISK OK - free space: / 3326 MB (56%)",
                ExitCode = 0,
                StartedAt = DateTimeOffset.UnixEpoch.AddSeconds(1_900_000_000 + number),
                Duration = TimeSpan.FromMilliseconds(12),
                PerfData = [new PerfDatum("/", 2643e6, "bytes", "2643MB;5948;5958;0;5968")],
            },
        },
    };
}
