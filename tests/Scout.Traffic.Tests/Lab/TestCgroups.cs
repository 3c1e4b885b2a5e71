using System.Globalization;
using Scout.Testing;
using Scout.Traffic.Cgroups;

namespace Scout.Traffic.Tests.Lab;

/// <summary>A tree of cgroups like a node's, below one of its own: <c>scout-test-PID-N.slice/kubepods.slice/…</c>. Gone afterwards.</summary>
internal sealed class TestCgroups : IDisposable
{
    private const string Prefix = "scout-test-";
    private static int count;
    private readonly string top;

    public TestCgroups()
    {
        Mount = CgroupMounts.Read()[0].Path;
        RemoveLeftOvers();
        top = Path.Join(Mount, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref count)}.slice");
        Root = Path.Join(top, "kubepods.slice");
        try
        {
            Directory.CreateDirectory(Root);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw SkipTestException.Because($"no cgroup can be made below {Mount}: {error.Message}", KernelLab.Variable);
        }
    }

    public string Mount { get; }

    /// <summary>What is counted.</summary>
    public string Root { get; }

    /// <summary>Makes the cgroup of a pod's container.</summary>
    /// <param name="number">Its uid ends with it.</param>
    public string Pod(int number)
    {
        string path = Path.Join(Root, $"kubepods-pod{Uid(number).Replace('-', '_')}.slice", $"cri-containerd-{new string('c', 64)}.scope");
        Directory.CreateDirectory(path);
        return path;
    }

    public static string Uid(int number) => string.Create(CultureInfo.InvariantCulture, $"00000000-0000-4000-8000-{number:d12}");

    public static ulong IdOf(string path) => CgroupId.TryRead(path, out ulong id) ? id : throw new InvalidOperationException($"{path} has no id");

    /// <summary>Runs a function while this process is in a cgroup: a socket keeps the one that it was made in.</summary>
    public T In<T>(string path, Func<T> make)
    {
        string own = File.ReadLines("/proc/self/cgroup").First(line => line.StartsWith("0::", StringComparison.Ordinal))[3..];
        Move(path);
        try
        {
            return make();
        }
        finally
        {
            Move(Path.Join(Mount, own));
        }
    }

    public static void Remove(string path)
    {
        foreach (string child in Directory.GetDirectories(path)) Remove(child);
        Directory.Delete(path);
    }

    public void Dispose()
    {
        if (Directory.Exists(top)) Remove(top);
    }

    /// <summary>Of runs that were killed.</summary>
    private void RemoveLeftOvers()
    {
        foreach (string path in Directory.GetDirectories(Mount, Prefix + "*"))
        {
            if (!Directory.Exists($"/proc/{Path.GetFileName(path)[Prefix.Length..].Split('-')[0]}")) Remove(path);
        }
    }

    private static void Move(string path) => File.WriteAllText(Path.Join(path, "cgroup.procs"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
}
