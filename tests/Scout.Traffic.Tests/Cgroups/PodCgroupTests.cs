using Scout.Traffic.Cgroups;

namespace Scout.Traffic.Tests.Cgroups;

public sealed class PodCgroupTests
{
    private const string U = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
    private const string Hash = "0123456789abcdef0123456789abcdef";
    private static readonly string C = new string('a', 32) + new string('1', 32);

    /// <summary>U and U_ stand for the uid with - and _, H for 32 hex digits, C for 64.</summary>
    public static TheoryData<string, string, string, bool> Pods => new()
    {
        { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_.slice/cri-containerd-C.scope", U, "burstable", true },
        { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_.slice/crio-C.scope", U, "burstable", true },
        { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_.slice/docker-C.scope", U, "burstable", true },
        { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podU_.slice/libpod-C.scope", U, "burstable", true },
        { "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podU_.slice/docker-C.scope", U, "besteffort", true },
        { "/kubepods.slice/kubepods-podU_.slice/docker-C.scope", U, "guaranteed", true },
        { "/kubepods.slice/kubepods-podH.slice/cri-containerd-C.scope", Hash, "guaranteed", true },
        { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podH.slice/cri-containerd-C.scope", Hash, "burstable", true },
        { "/kubepods.slice/kubepods-podU_.slice/crio-C.scope/container", U, "guaranteed", true },
        { "/kubepods.slice/kubepods-podU_.slice/crio-conmon-C.scope", U, "guaranteed", false },
        { "/kubepods.slice/kubepods-podU_.slice", U, "guaranteed", false },
        { "/kubepods/burstable/podU/C", U, "burstable", true },
        { "/kubepods/podU/C", U, "guaranteed", true },
        { "/kubepods/besteffort/podU/crio-C", U, "besteffort", true },
        { "/kubepods/besteffort/podU", U, "besteffort", false },
        { "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-podU_.slice/cri-containerd-C.scope", U, "burstable", true },
        { "/system.slice/docker-C.scope/kubelet/kubepods/burstable/podU/C", U, "burstable", true },
        { "/system.slice/containerd.service/kubepods-burstable-podU_.slice:cri-containerd:C", U, "burstable", true },
        { "/sys/fs/cgroup/unified/kubepods.slice/kubepods-podU_.slice/cri-containerd-C.scope/nested/deeper", U, "guaranteed", true },
    };

    [Theory]
    [MemberData(nameof(Pods))]
    public void A_pods_path_tells_uid_class_and_container(string form, string uid, string qos, bool hasContainer)
    {
        PodCgroup? pod = PodCgroup.Parse(Fill(form));
        Assert.Equal(new PodCgroup(uid, Enum.Parse<PodQos>(qos, ignoreCase: true), hasContainer ? C : null), pod);
    }

    [Theory]
    [InlineData("/kubepods.slice/kubepods-burstable.slice")]
    [InlineData("/machine.slice/libpod-C.scope/container")]
    [InlineData("/user.slice/podU")]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/kubepods/podUx")]
    [InlineData("/kubepods/xpodU")]
    [InlineData("/kubepods/pod0A1B2D3D-4e5f-6071-8293-a4b5c6d7e8f9")]
    [InlineData("/kubepods/pod0a1b2c3d-4e5f_6071-8293-a4b5c6d7e8f9")]
    [InlineData("/podU/kubepods")]
    public void Other_paths_are_no_pods(string form) => Assert.Null(PodCgroup.Parse(Fill(form)));

    [Fact]
    public void A_path_that_is_too_long_is_no_pods() =>
        Assert.Null(PodCgroup.Parse(Fill("/kubepods/podU/") + new string('x', 4096)));

    [Fact]
    public void The_innermost_pod_decides() =>
        Assert.Equal(Hash, PodCgroup.Parse(Fill("/kubepods/podU/C/kubelet/kubepods/podH/C"))?.Uid);

    [Fact]
    public void Any_text_is_read_without_an_error()
    {
        var random = new Random(5);
        string[] parts = ["kubepods", "pod", U, "/", "-", ":", ".slice", "_", C, "crio", "", "burstable", "podU", Hash];
        for (int i = 0; i < 20_000; i++)
        {
            string path = Fill(string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)])));
            if (PodCgroup.Parse(path) is not { } pod) continue;
            Assert.True(pod.Uid.Length is 32 or 36);
            Assert.Contains("kubepods", path, StringComparison.Ordinal);
        }
    }

    private static string Fill(string form) => form.Replace("podU_", "pod" + U.Replace('-', '_'), StringComparison.Ordinal)
        .Replace("podU", "pod" + U, StringComparison.Ordinal).Replace("podH", "pod" + Hash, StringComparison.Ordinal).Replace("C", C, StringComparison.Ordinal);
}
