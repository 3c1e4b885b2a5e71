using Scout.Traffic.Cgroups;

namespace Scout.Traffic.Tests.Cgroups;

public sealed class CgroupRootTests
{
    private const string Hybrid = """
        25 20 0:22 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
        26 25 0:23 / /sys/fs/cgroup/unified rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate
        27 25 0:24 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
        28 25 0:23 /.. /host\040cgroup ro - cgroup2 none rw
        broken line
        """;

    [Fact]
    public void The_mounts_of_cgroup2_are_found_wherever_they_are() =>
        Assert.Equal([new CgroupMount("/sys/fs/cgroup/unified", "/"), new CgroupMount("/host cgroup", "/..")], CgroupMounts.Parse(Hybrid));

    [Theory]
    [InlineData("/sys/fs/cgroup/unified/kubepods.slice", "/sys/fs/cgroup/unified/kubepods")]
    [InlineData("/sys/fs/cgroup/unified/kubelet.slice/kubelet-kubepods.slice", "/sys/fs/cgroup/unified/kubelet/kubepods")]
    [InlineData("/host cgroup/kubepods", "/host cgroup/kubelet/kubepods")]
    public void The_first_known_name_is_the_root(string first, string second) =>
        Assert.Equal(first, CgroupRoot.Find(null, CgroupMounts.Parse(Hybrid), path => path == first || path == second, out _));

    [Fact]
    public void What_is_told_counts_and_nothing_else()
    {
        Assert.Equal("/mine", CgroupRoot.Find("/mine", CgroupMounts.Parse(Hybrid), _ => true, out _));
        Assert.Null(CgroupRoot.Find("/mine", CgroupMounts.Parse(Hybrid), path => path != "/mine", out string reason));
        Assert.Contains("/mine is not there; set traffic.cgroup_root", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_one_the_reason_says_where_it_was_sought()
    {
        Assert.Null(CgroupRoot.Find(null, CgroupMounts.Parse(Hybrid), _ => false, out string reason));
        Assert.Contains("below /sys/fs/cgroup/unified or /host cgroup", reason, StringComparison.Ordinal);
        Assert.Contains("another cgroup namespace", reason, StringComparison.Ordinal);
        Assert.Null(CgroupRoot.Find(null, [], _ => true, out reason));
        Assert.Contains("no cgroup2 is mounted", reason, StringComparison.Ordinal);
    }
}
