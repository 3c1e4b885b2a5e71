namespace Scout.Traffic.Kernel;

internal static class BootId
{
    /// <summary>What the kernel calls this boot; empty where it does not say.</summary>
    public static string Read()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
