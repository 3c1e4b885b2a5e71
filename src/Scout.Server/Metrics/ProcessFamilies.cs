using System.Globalization;
using Scout.Server.Native;

namespace Scout.Server.Metrics;

/// <summary>The usual <c>process_</c> series, from <c>/proc/self</c>; without the label <c>node</c>, and never in the textfile.</summary>
internal static class ProcessFamilies
{
    public static void Write(ExpositionWriter writer, string node, ProcessSample process)
    {
        _ = node;
        Write(writer, "process_cpu_seconds_total", "User and system time.", process.CpuSeconds, counter: true);
        Write(writer, "process_resident_memory_bytes", "Resident memory.", process.ResidentBytes);
        Write(writer, "process_start_time_seconds", "Start of the process.", process.StartTime);
        Write(writer, "process_open_fds", "Open descriptors.", process.OpenDescriptors);
        Write(writer, "process_max_fds", "Soft limit of descriptors.", process.MaxDescriptors);
        writer.Gauge("scout_managed_memory_bytes", "Managed memory in use.");
        writer.Sample(process.ManagedBytes);
    }

    private static void Write(ExpositionWriter writer, string name, string help, double value, bool counter = false)
    {
        if (counter) writer.Counter(name, help);
        else writer.Gauge(name, help);
        writer.Begin(withNode: false);
        writer.Value(value);
    }
}

/// <summary>What the process costs.</summary>
/// <param name="StartTime">Unix seconds.</param>
internal sealed record ProcessSample(double CpuSeconds, double ResidentBytes, double StartTime, double OpenDescriptors, double MaxDescriptors, double ManagedBytes)
{
    /// <summary>Reads <c>/proc/self</c>; zeros where that is not there.</summary>
    public static unsafe ProcessSample Now(DateTimeOffset startedAt)
    {
        double resident = 0, open = 0;
        try
        {
            string[] memory = File.ReadAllText("/proc/self/statm").Split(' ');
            resident = double.Parse(memory[1], CultureInfo.InvariantCulture) * System.Environment.SystemPageSize;
            open = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Not Linux.
        }

        Libc.ResourceLimit limit = default;
        _ = Libc.GetLimit(Libc.LimitOpenFiles, &limit);
        Environment.ProcessCpuUsage cpu = Environment.CpuUsage;
        return new ProcessSample(cpu.TotalTime.TotalSeconds, resident, MachineFamilies.Seconds(startedAt), open, limit.Soft, GC.GetTotalMemory(forceFullCollection: false));
    }
}
