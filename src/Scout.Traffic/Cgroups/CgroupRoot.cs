namespace Scout.Traffic.Cgroups;

/// <summary>The cgroup below which pods live.</summary>
internal static class CgroupRoot
{
    /// <summary>The environment variable of <c>statsagent</c>.</summary>
    public const string Variable = "CGROUP_ROOT";

    private static readonly string[] Names = ["kubepods.slice", "kubepods", "kubelet.slice/kubelet-kubepods.slice", "kubelet/kubepods"];

    /// <summary>The one that is told (setting, then environment), else the first known name below a mount.</summary>
    /// <returns>The path; null with the reason when there is none.</returns>
    public static string? Find(string? told, IReadOnlyList<CgroupMount> mounts, Func<string, bool> exists, out string reason)
    {
        reason = "";
        if (!string.IsNullOrEmpty(told))
        {
            if (exists(told)) return told;
            reason = $"the cgroup {told} is not there; set traffic.cgroup_root (or {Variable}) to the directory of the pods' cgroup";
            return null;
        }

        foreach (CgroupMount mount in mounts)
        {
            foreach (string name in Names)
            {
                string path = Path.Join(mount.Path, name);
                if (exists(path)) return path;
            }
        }

        reason = mounts.Count == 0
            ? "no cgroup2 is mounted here; in a pod, mount the host's /sys/fs/cgroup read-only"
            : $"there is no {string.Join(", ", Names)} below {string.Join(" or ", mounts.Select(mount => mount.Path))}; "
                + "where no pods run, set traffic.cgroup_root to the cgroup to be counted"
                + (mounts.Any(mount => mount.Root.StartsWith("/..", StringComparison.Ordinal)) ? " (this process sees the hierarchy from another cgroup namespace)" : "");
        return null;
    }
}
