using System.Globalization;

namespace Scout.Traffic.Probing;

/// <summary>What the kernel says of this process's rights: <c>/proc/self/status</c> and <c>/proc/self/uid_map</c>.</summary>
internal sealed record Privileges(ulong Effective, bool HasSeccompFilter, bool IsInUserNamespace)
{
    private const int NetAdmin = 12;
    private const int SysAdmin = 21;
    private const int Perfmon = 38;
    private const int Bpf = 39;
    private const string SeccompFilter = "2";

    /// <summary>False costs time: the verifier guards stack stores against speculation, and a packet costs more than twice as much.</summary>
    public bool CanPerfmon => Has(Perfmon) || Has(SysAdmin);

    public static Privileges Read() => Parse(ReadOr("/proc/self/status"), ReadOr("/proc/self/uid_map"));

    public static Privileges Parse(string status, string uidMap)
    {
        string? caps = Field(status, "CapEff:");
        string[] map = uidMap.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return new Privileges(
            ulong.TryParse(caps, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong bits) ? bits : 0,
            Field(status, "Seccomp:") == SeccompFilter,
            map.Length > 0 && map is not ["0", "0", "4294967295"]);
    }

    /// <summary>Every cause of "not permitted" that can be seen from here.</summary>
    /// <param name="attaching">An attachment has a cause more.</param>
    /// <param name="beforeCapBpf">Before 5.8 there is only CAP_SYS_ADMIN.</param>
    public string Explain(bool attaching, bool beforeCapBpf)
    {
        var causes = new List<string>();
        string missing = string.Join(" and ", Missing(beforeCapBpf));
        if (missing.Length > 0) causes.Add($"this process lacks {missing}: add it (a DaemonSet adds BPF, NET_ADMIN and PERFMON)");
        if (HasSeccompFilter) causes.Add("a seccomp filter is in force, and older runtimes' profiles forbid bpf(2) even with CAP_BPF: update the runtime, or use a profile that allows it");
        if (IsInUserNamespace) causes.Add("this is a user namespace, where the kernel grants no BPF: run in the initial one (hostUsers: true)");
        if (attaching) causes.Add("or a program is attached exclusively to this cgroup or one above it, which the kernel reports alike");
        return string.Join("; ", causes);
    }

    private List<string> Missing(bool beforeCapBpf)
    {
        if (Has(SysAdmin)) return Has(NetAdmin) ? [] : ["CAP_NET_ADMIN"];
        var missing = new List<string>();
        if (beforeCapBpf) missing.Add("CAP_SYS_ADMIN");
        else if (!Has(Bpf)) missing.Add("CAP_BPF");
        if (!Has(NetAdmin)) missing.Add("CAP_NET_ADMIN");
        return missing;
    }

    private bool Has(int capability) => (Effective >> capability & 1) != 0;

    private static string? Field(string status, string name) =>
        status.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim();

    private static string ReadOr(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
