using Scout.Testing;

namespace Scout.Architecture.Tests;

/// <summary>The executable is published for a runtime, which its lock file names.</summary>
public sealed class LockFileTests
{
    [Fact]
    public void The_lock_files_of_the_executable_differ_in_the_processor_only()
    {
        string folder = Path.Combine(Repository.Root, "src", "Scout.Cli");
        string intel = File.ReadAllText(Path.Combine(folder, "packages.lock.json"));
        Assert.Equal(intel.Replace("linux-x64", "linux-arm64", StringComparison.Ordinal), File.ReadAllText(Path.Combine(folder, "packages.linux-arm64.lock.json")));
    }
}
